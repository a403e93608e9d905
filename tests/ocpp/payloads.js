// SPDX-License-Identifier: MIT
'use strict';
// payloads: messages of every action, made from the schemas that the partner
// package brings along: the least that is allowed (required members alone) and
// the most (all members, texts at their full length in characters of two
// bytes). The bridge's own tables have no part in it: what is made here and
// refused there is a fault of theirs.

const FILES = {
	'ocpp1.6': 'ocpp1_6.json',
	'ocpp2.0.1': 'ocpp2_0_1.json',
	'ocpp2.1': 'ocpp2_1.json',
};

// Who asks; all others are the CSMS's (ocpp.md 1.4). DataTransfer: both.
const UP = {
	'ocpp1.6': `Authorize BootNotification DataTransfer
	    DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
	    LogStatusNotification MeterValues SecurityEventNotification
	    SignCertificate SignedFirmwareStatusNotification StartTransaction
	    StatusNotification StopTransaction`,
	'ocpp2.0.1': `Authorize BootNotification ClearedChargingLimit DataTransfer
	    FirmwareStatusNotification Get15118EVCertificate
	    GetCertificateStatus Heartbeat LogStatusNotification MeterValues
	    NotifyChargingLimit NotifyCustomerInformation NotifyDisplayMessages
	    NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent
	    NotifyMonitoringReport NotifyReport
	    PublishFirmwareStatusNotification ReportChargingProfiles
	    ReservationStatusUpdate SecurityEventNotification SignCertificate
	    StatusNotification TransactionEvent`,
};
UP['ocpp2.1'] = UP['ocpp2.0.1'] + ` BatterySwap ClosePeriodicEventStream
    GetCertificateChainStatus NotifyDERAlarm NotifyDERStartStop
    NotifyPriorityCharging NotifySettlement OpenPeriodicEventStream
    PullDynamicScheduleUpdate ReportDERControl VatNumberValidation`;

function text(s, full) {
	if (s.format === 'date-time')
		return full ? '2026-02-28T23:59:59.123+01:00' : '2026-01-01T00:00:00Z';
	if (s.format === 'uri')
		return 'https://example.org/a?b=c%20d';
	if (!full)
		return 'x';
	return 'é'.repeat(Math.min(s.maxLength ?? 40, 600));
}

function number(s, full) {
	if (full && s.maximum !== undefined)
		return s.maximum;
	if (s.minimum !== undefined)
		return s.minimum;
	return s.type === 'number' && full ? 21.5 : 1;
}

function make(s, defs, full) {
	if (s.$ref)
		return make(defs[s.$ref.split('/').pop()], defs, full);
	if (s.enum)
		return full ? s.enum[s.enum.length - 1] : s.enum[0];
	switch (s.type) {
	case 'string':
		return text(s, full);
	case 'integer':
	case 'number':
		return number(s, full);
	case 'boolean':
		return full;
	case 'array': {
		const n = full ? Math.min(s.maxItems ?? 2, 2) : s.minItems ?? 1;
		return Array.from({ length: n }, () => make(s.items, defs, full));
	}
	case 'object': {
		const made = {};
		for (const [name, member] of Object.entries(s.properties ?? {}))
			if (full || (s.required ?? []).includes(name))
				made[name] = make(member, defs, full);
		return made;
	}
	default:
		return { any: [1, 'two', { three: 3.25 }, null, true] };
	}
}

// The partner's schemas by the names its validator asks for. Those of 2.1 have
// other names in this release, so its own strict mode finds none of them.
function mend(key, value) {
	if (key === '$id')
		return value.replace(/Request$/, '.req').replace(/Response$/, '.conf');
	if (value?.type === 'string')
		delete value.additionalProperties;
	return value;
}
const schemas = (version) => JSON.parse(JSON.stringify(
	require(`ocpp-rpc/lib/schemas/${FILES[version]}`)), mend);
exports.schemas = schemas;

// Actions of a version, each {action, up, down, req(full), conf(full)}.
exports.actions = (version) => {
	const all = new Map(schemas(version).map((s) => [s.$id, s]));
	const up = new Set(UP[version].split(/\s+/));
	const of = (id) => (full) => {
		const s = all.get(id);
		return make(s, s.definitions ?? {}, full);
	};
	return [...all.keys()].filter((id) => id.endsWith('.req'))
		.filter((id) => all.has(id.replace('.req', '.conf')))
		.map((id) => {
			const action = id.slice(4, -4);
			return {
				action,
				up: up.has(action),
				down: !up.has(action) || action === 'DataTransfer',
				req: of(id),
				conf: of(id.replace('.req', '.conf')),
			};
		});
};
