// SPDX-License-Identifier: MIT
'use strict';
// steps: what two partners do to each other, each step on connections of its
// own. A step awaits all that it starts, so that the account has one order.

const { once } = require('events');
const { actions } = require('./payloads');

const short = (value) => {
	const text = JSON.stringify(value) ?? 'undefined';
	return text.length < 160 ? text : `${text.slice(0, 120)} (${text.length})`;
};

// What became of a call, error code and all.
async function asked(note, who, side, action, payload) {
	try {
		const result = await side.call(action, payload);
		note(who, action, 'answered', short(result));
		return result;
	} catch (e) {
		note(who, action, 'failed', e.rpcErrorCode ?? e.name,
		    short(e.message), short(e.details ?? {}));
	}
}

async function done(world, identity, cp, code = 1000, reason = '') {
	const end = await cp.close({ code, reason });
	world.note('charger', 'closed', end.code, end.reason);
	await world.gone_at_csms(identity);
}

// Every action each way, with the least and with the most it may hold; what
// arrives has to be what was sent, both ways.
exports.every_action = async (w) => {
	const [cp, cs] = await w.both('CP-1');
	let wrong = 0;
	for (const a of actions(w.version)) {
		for (const full of [false, true]) {
			const answer = a.conf(full);
			let came;
			const handler = ({ params }) => { came = params; return answer; };
			const ways = [];
			if (a.up)
				ways.push(['charger', cp, cs]);
			if (a.down)
				ways.push(['csms', cs, cp]);
			for (const [who, from, to] of ways) {
				to.handle(a.action, handler);
				const got = await asked(w.note, who, from, a.action,
				    a.req(full));
				wrong += short(got) !== short(answer) ||
				    JSON.stringify(came) !== JSON.stringify(a.req(full));
			}
		}
	}
	if (wrong > 0)
		throw Error(`${wrong} were not what was sent`);
	await done(w, 'CP-1', cp);
};

const CODES = ['FormatViolation', 'GenericError', 'InternalError',
	'NotImplemented', 'NotSupported', 'PropertyConstraintViolation',
	'ProtocolError', 'SecurityError', 'TypeConstraintViolation'];

// Each error code each way, with description and details that are odd.
exports.errors = async (w) => {
	const [cp, cs] = await w.both('CP-2');
	for (const [who, from, to, action] of [['charger', cp, cs, 'Heartbeat'],
		['csms', cs, cp, 'ClearCache']]) {
		for (const code of CODES) {
			to.handle(action, () => {
				throw w.createRPCError(code, `said "${code}" — déjà vu`,
				    { why: [1, { deep: null }], 'a b': 'ü' });
			});
			await asked(w.note, who, from, action, {});
		}
		to.removeHandler(action);
		await asked(w.note, who, from, action, {});
	}
	// The connection has to be as good as before.
	cs.handle('Heartbeat', () => ({ currentTime: '2026-01-01T00:00:00Z' }));
	await asked(w.note, 'charger', cp, 'Heartbeat', {});
	await done(w, 'CP-2', cp);
};

// Close codes and reasons, from each side, and an end without a word.
exports.close_codes = async (w) => {
	for (const [code, reason] of [[1000, ''], [1000, 'done'], [1001, 'away'],
		[3000, 'three'], [4001, 'grün'], [4999, 'x'.repeat(120)]]) {
		const [cp] = await w.both('CP-3');
		await done(w, 'CP-3', cp, code, reason);
	}
	const [plain] = await w.both('CP-3');
	const ended = once(plain, 'close');
	plain._ws.close();
	w.note('charger', 'closed without a code', (await ended)[0].code);
	await w.gone_at_csms('CP-3');
	for (const [code, reason] of [[1000, 'bye'], [1001, 'restart'],
		[1008, 'policy'], [1012, ''], [4000, 'four']]) {
		const [cp, cs] = await w.both('CP-3');
		const end = once(cp, 'close');
		await cs.close({ code, reason });
		const [event] = await end;
		w.note('charger', 'was closed', event.code, event.reason.toString());
		await w.gone_at_csms('CP-3');
	}
	w.quiet_close = true;
	const [cp] = await w.both('CP-3');
	await Promise.all([cp.close({ force: true }), w.gone_at_csms('CP-3')]);
	const [cp2, cs2] = await w.both('CP-3');
	const end = once(cp2, 'close');
	await cs2.close({ force: true });
	// A bridge may say a word where a peer has none any more.
	w.note('charger', 'was cut off', [1001, 1006].includes((await end)[0].code));
	await w.gone_at_csms('CP-3');
	w.quiet_close = false;
};

async function refusal(w, identity, options) {
	const cp = w.charger(identity, options);
	try {
		await cp.connect();
		w.note('charger', identity, 'connected, speaks',
		    short(cp.protocol));
		await cp.close();
		await w.gone_at_csms(identity);
		return false;
	} catch (e) {
		w.note('charger', identity, 'refused:', e.message);
		await w.gone_at_csms(identity);
		return true;
	}
}

// What the CSMS says to an upgrade is what the charge point hears.
exports.refusals = async (w) => {
	for (const status of [401, 403, 404, 503]) {
		w.refuse.set(`CP-${status}`, status);
		await refusal(w, `CP-${status}`);
	}
	w.refuse.clear();
	await refusal(w, 'CP-401');
};

// Who speaks what: first of the charge point's list that the CSMS knows; none,
// and the 101 has no subprotocol (TC_088, TC_B_58).
exports.subprotocols = async (w) => {
	const all = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'];
	for (const [offers, knows] of [[all, all], [[...all].reverse(), all],
		[['ocpp2.0.1', 'ocpp1.6'], ['ocpp1.6']], [['ocpp1.6'], ['ocpp2.0.1']],
		[['ocpp2.1', 'ocpp2.0.1'], ['ocpp1.6']]]) {
		w.protocols = knows;
		// Who hangs up first when there is none is not the point.
		const common = offers.some((p) => knows.includes(p));
		w.quiet_close = !common;
		await refusal(w, 'CP-5', { protocols: offers });
	}
	w.protocols = [w.version];
	w.quiet_close = false;
};

// WebSocket pings are answered to each side while calls are under way.
exports.pings = async (w) => {
	const [cp, cs] = await w.both('CP-6');
	cs.handle('Heartbeat', () => ({ currentTime: '2026-01-01T00:00:00Z' }));
	for (const [who, side] of [['charger', cp], ['csms', cs]]) {
		const pong = once(side._ws, 'pong');
		side._ws.ping('a word');
		w.note(who, 'pong', (await pong)[0].toString());
	}
	await asked(w.note, 'charger', cp, 'Heartbeat', {});
	await done(w, 'CP-6', cp);
};

// Long texts, each way: a CSMS may send a whole report.
exports.large = async (w) => {
	const [cp, cs] = await w.both('CP-7');
	for (const kib of [1, 16, 64, 200]) {
		const text = 'ñ€𝄞 "\\/'.repeat(kib * 64);
		for (const [who, from, to] of [['charger', cp, cs], ['csms', cs, cp]]) {
			to.handle('DataTransfer', ({ params }) =>
				({ status: 'Accepted', data: params.data }));
			const got = await asked(w.note, who, from, 'DataTransfer',
			    { vendorId: 'org.example', data: text });
			w.note(who, `${kib} KiB`, got?.data === text);
		}
	}
	await done(w, 'CP-7', cp);
};

// Both sides ask at once, answers come in another order than questions.
exports.crossing = async (w) => {
	const [cp, cs] = await w.both('CP-8', { callConcurrency: 4 });
	const slow = async ({ params }) => {
		await new Promise((on) => setTimeout(on, 60 - 10 * params.data.length));
		return { status: 'Accepted', data: params.data };
	};
	cp.handle('DataTransfer', slow);
	cs.handle('DataTransfer', slow);
	const call = (side, data) => side.call('DataTransfer',
	    { vendorId: 'v', data });
	const all = await Promise.all([call(cp, 'a'), call(cs, 'bb'),
		call(cp, 'ccc'), call(cs, 'dd'), call(cp, 'eeee'), call(cp, '')]);
	w.note('charger', 'both answered', short(all));
	await done(w, 'CP-8', cp);
};

// Twenty charge points at once; none sees another's frames.
exports.many = async (w) => {
	const quiet = { ...w, note: () => {} };
	const one = async (n) => {
		const id = `CP-M${n}`;
		const cp = w.charger(id);
		const there = w.at_csms(id);
		await cp.connect();
		const cs = await there;
		cs.handle('DataTransfer', () => ({ status: 'Accepted', data: id }));
		let right = 0;
		for (let i = 0; i < 10; i++)
			right += (await asked(quiet.note, '', cp, 'DataTransfer',
			    { vendorId: 'v' }))?.data === id;
		await cp.close();
		await w.gone_at_csms(id);
		return right;
	};
	const before = w.mute(true);
	const right = await Promise.all(Array.from({ length: 20 }, (_, n) => one(n)));
	w.mute(before);
	if (!right.every((n) => n === 10))
		throw Error(`of ten, each got its own: ${right}`);
};

// Identities that have to be escaped in a path, and arrive as they are.
exports.identities = async (w) => {
	for (const id of ['RDAM 123', 'RDAM|123', 'a+b', 'a#b', 'à-€', "o'k",
		'%41', 'x'.repeat(48)]) {
		const [cp, cs] = await w.both(id);
		cs.handle('Heartbeat', () =>
			({ currentTime: '2026-01-01T00:00:00Z' }));
		await asked(w.note, 'charger', cp, 'Heartbeat', {});
		await done(w, id, cp);
	}
};

// What a strict partner refuses is refused to the one who sent it.
exports.bad_calls = async (w) => {
	const [cp, cs] = await w.both('CP-9');
	cs.handle('BootNotification', () => ({}));
	cp.handle('Reset', () => ({ status: 'Accepted' }));
	const raw = async (who, from, text) => {
		const answer = once(from, 'message');
		from._ws.send(text);
		w.note(who, 'raw answered', (await answer)[0].message);
	};
	await raw('charger', cp, '[2,"x1","BootNotification",{}]');
	await raw('charger', cp, '[2,"x2","NoSuchThing",{}]');
	await raw('csms', cs, '[2,"x3","Reset",{"type":"Now","more":1}]');
	await raw('csms', cs, '[2,"x4","NoSuchThing",{}]');
	await raw('charger', cp, '{"no":"frame"}');
	await raw('charger', cp, 'no json');
	await done(w, 'CP-9', cp);
};

// Profiles 1 and 2: the password, none, and others; what is not right is 401.
exports.passwords = async (w) => {
	const right = w.charger('CP-A')._options.password;
	for (const [what, bytes] of [['right', right], ['none', null],
		['empty', Buffer.alloc(0)], ['shorter', right.subarray(0, -1)],
		['longer', Buffer.concat([right, Buffer.from('x')])],
		['other', Buffer.from(right).fill('x')], ['right', right]]) {
		w.note('charger', 'presents', what);
		const refused = await refusal(w, 'CP-A', { password: bytes });
		if (refused === (what === 'right'))
			throw Error(`${what} password: refused ${refused}`);
	}
};

// Profile 3: a certificate of the right authority, none, and one of another.
exports.certificates = async (w) => {
	const { wsOpts } = w.charger('CP-A')._options;
	for (const [what, pair] of [['right', {}],
		['none', { cert: undefined, key: undefined }],
		['stranger', w.stranger]]) {
		const cp = w.charger('CP-A', { wsOpts: { ...wsOpts, ...pair } });
		const came = await cp.connect().then(() => true, () => false);
		w.note('charger', 'with', what, 'certificate:',
		    came ? 'connected' : 'refused');
		if (came !== (what === 'right'))
			throw Error(`${what} certificate: came ${came}`);
		if (came)
			await cp.close();
		await w.gone_at_csms('CP-A');
	}
};
