// SPDX-License-Identifier: MIT
'use strict';
// partner: one charge point and one CSMS, both ocpp-rpc in strict mode, go
// through everything that two strangers can do to each other, and write down
// what each of them saw. The charge point connects to whatever URL it is given:
// the CSMS itself, or a bridge in front of it. Both accounts have to be the
// same, to the byte; that comparison is the test (ocpp_partner.test).
//
// Settings are environment variables:
//	VERSION		ocpp1.6, ocpp2.0.1, ocpp2.1
//	URL		where the charge point connects, without its identity
//	LISTEN		port of the CSMS
//	DEFLATE		"on": both offer and take permessage-deflate
//	CP_PASSWORD	what the charge point presents (Basic), hex
//	CP_CA CP_CERT CP_KEY	its TLS; % is its identity
//	CP_OTHER_CERT CP_OTHER_KEY	of an authority that nobody knows
//	CS_PASSWORD	what the CSMS asks for, hex
//	CS_CA CS_CERT CS_KEY	its TLS; with CS_CA it asks for a certificate
//	STEPS		names of steps; without: those of profile 0

const http = require('http');
const https = require('https');
const fs = require('fs');
const { RPCClient, RPCServer, createValidator, createRPCError } =
	require('ocpp-rpc');
const { schemas } = require('./payloads');

const env = process.env;
const version = env.VERSION ?? 'ocpp1.6';
const file = (name) => name && fs.readFileSync(name);
const own = (name, identity) => name && file(name.replace('%', identity));
const password = (hex) => hex && Buffer.from(hex, 'hex');

// What each side saw, in its own order: a close is seen by one before the
// other, and which of them comes first is nobody's promise.
const account = { charger: [], csms: [] };
let muted = false;
function note(who, ...words) {
	const line = words.map((w) =>
		typeof w === 'string' ? w : JSON.stringify(w)).join(' ');
	if (!muted)
		account[who].push(`${who}: ${line}`);
}
function tell(name) {
	console.log(`== ${name}`);
	for (const lines of Object.values(account))
		for (const line of lines.splice(0))
			console.log(line);
}

// Two sides of a world; what the CSMS does next is said by each step.
const world = {
	version, note, createRPCError,
	// True: what happens has no order, it is not written down.
	mute: (on) => [muted, muted = on][0],
	protocols: [version],
	clients: new Map(), // at the CSMS, by identity
	waiting: new Map(),
	refuse: new Map(), // identity -> HTTP status
	stranger: { cert: file(env.CP_OTHER_CERT), key: file(env.CP_OTHER_KEY) },
};

const validators = version === 'ocpp2.1'
	? [createValidator(version, schemas(version))] : [];
const strict = (options) => ({
	...options,
	strictMode: true,
	strictModeValidators: validators,
});

const deflate = env.DEFLATE === 'on' && { threshold: 0 };

function authentic(handshake) {
	if (!env.CS_PASSWORD)
		return true;
	const wanted = password(env.CS_PASSWORD);
	return handshake.password && wanted.equals(handshake.password);
}

async function csms() {
	const rpc = new RPCServer(strict({
		protocols: ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'],
		pingIntervalMs: 0,
		wssOptions: { perMessageDeflate: deflate },
	}));
	rpc.auth((accept, reject, handshake) => {
		const { identity } = handshake;
		if (world.refuse.has(identity))
			return reject(world.refuse.get(identity), 'as told');
		if (!authentic(handshake))
			return reject(401, 'not authentic');
		note('csms', 'upgrade for', identity, 'at', handshake.endpoint,
		    'offers', [...handshake.protocols].join(','));
		const ours = [...handshake.protocols]
			.find((p) => world.protocols.includes(p));
		accept({}, ours ?? false);
	});
	rpc.on('client', (client) => {
		const { identity } = client;
		world.clients.set(identity, client);
		client.once('close', ({ code, reason }) => {
			world.clients.delete(identity);
			note('csms', identity, 'closed',
			    ...world.quiet_close ? [] : [code, reason.toString()]);
			world.waiting.get(`-${identity}`)?.();
		});
		world.waiting.get(identity)?.(client);
	});
	const tls = env.CS_CERT && {
		cert: file(env.CS_CERT), key: file(env.CS_KEY),
		ca: file(env.CS_CA), requestCert: !!env.CS_CA,
		rejectUnauthorized: !!env.CS_CA,
	};
	const server = tls ? https.createServer(tls) : http.createServer();
	server.on('upgrade', rpc.handleUpgrade);
	await new Promise((done) =>
		server.listen(Number(env.LISTEN), '127.0.0.1', done));
	return server;
}

// The CSMS's end of an identity's connection, once it is there (or gone).
const late = (promise, what) => Promise.race([promise,
	new Promise((_, bad) => setTimeout(() => bad(Error(`late: ${what}`)),
	    5000).unref())]);
world.at_csms = (identity) => late(new Promise((found) => {
	if (world.clients.has(identity))
		return found(world.clients.get(identity));
	world.waiting.set(identity, found);
}), `${identity} at the CSMS`);
world.gone_at_csms = (identity) => late(new Promise((gone) => {
	if (!world.clients.has(identity))
		return gone();
	world.waiting.set(`-${identity}`, gone);
}), `end of ${identity} at the CSMS`);

world.charger = (identity, options = {}) => {
	const client = new RPCClient(strict({
		endpoint: env.URL,
		identity,
		protocols: [version],
		password: password(env.CP_PASSWORD),
		reconnect: false,
		pingIntervalMs: 0,
		callTimeoutMs: 8000,
		wsOpts: {
			perMessageDeflate: deflate,
			ca: file(env.CP_CA),
			cert: own(env.CP_CERT, identity),
			key: own(env.CP_KEY, identity),
			servername: 'localhost',
		},
		...options,
	}));
	client.on('socketError', () => {});
	return client;
};

// Both ends of a new connection.
world.both = async (identity, options) => {
	const cp = world.charger(identity, options);
	const cs = world.at_csms(identity);
	cs.catch(() => {});
	await cp.connect();
	note('charger', identity, 'speaks', cp.protocol);
	return [cp, await cs];
};

(async () => {
	await csms();
	const steps = require('./steps');
	const chosen = env.STEPS?.split(' ') ?? Object.keys(steps)
		.filter((s) => s !== 'passwords' && s !== 'certificates');
	for (const name of chosen) {
		try {
			await steps[name](world);
		} catch (error) {
			note('charger', 'FAILED', error.message);
			process.exitCode = 1;
		}
		tell(name);
	}
	process.exit();
})();
