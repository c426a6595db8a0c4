// SPDX-License-Identifier: GPL-3.0-or-later
// A SurrealDB server for tests: the real engine of the npm package @surrealdb/node behind the server's WebSocket
// protocol (/rpc, sub-protocol cbor), on 127.0.0.1.
//   node engine.mjs [--storage mem://|rocksdb:///folder] [--port 0] [--user root] [--password root] [--certificate FILE --key FILE]
// Prints "ready PORT VERSION" when it listens. The packages are in deps/surrealdb (HONE_SURREALDB_PACKAGES names
// another folder). Payloads pass through byte for byte: the JavaScript codec would turn 1.0 into 1, so only the
// envelope of a message is decoded.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const packages = process.env.HONE_SURREALDB_PACKAGES ?? path.resolve(here, "../../../deps/surrealdb");
const require = createRequire(path.join(packages, "package.json"));
const { WebSocketServer } = require("ws");
const { CborCodec, Uuid } = require("surrealdb");
const { SurrealNodeEngine } = require(
  path.join(packages, `node_modules/@surrealdb/node/dist/surrealdb-node.linux-${process.arch}-gnu.node`),
);

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const storage = option("storage", "mem://");
const user = option("user", "root");
const password = option("password", "root");
const kLargestMessage = 128 << 20; // bytes, as the server's
const kPingEvery = 5000; // milliseconds, as the server's

const codec = new CborCodec({});
const encode = (value) => Buffer.from(codec.encode(value));

// Returns the end of the CBOR item that begins at `at`.
function skip(bytes, at) {
  const type = bytes[at] >> 5;
  const info = bytes[at] & 31;
  if (bytes[at] === undefined || (info > 27 && info !== 31)) throw new Error("bad cbor");
  let argument = info;
  let next = at + 1;
  if (info >= 24 && info < 28) {
    const width = 1 << (info - 24);
    argument = 0;
    for (let byte = 0; byte < width; ++byte) argument = argument * 256 + bytes[next + byte];
    next += width;
  }
  if (info === 31) {
    while (bytes[next] !== 0xff) next = skip(bytes, next);
    return next + 1;
  }
  if (type === 2 || type === 3) return next + argument;
  if (type === 6) return skip(bytes, next);
  const items = type === 4 ? argument : type === 5 ? 2 * argument : 0;
  for (let item = 0; item < items; ++item) next = skip(bytes, next);
  return next;
}

// Returns the fields of a map, each still encoded.
function fieldsOf(bytes) {
  const info = bytes[0] & 31;
  if (bytes[0] >> 5 !== 5) throw new Error("not a map");
  const head = info < 24 || info === 31 ? 1 : 1 + (1 << (info - 24));
  const count = info < 24 ? info : info === 31 ? Infinity : bytes.readUIntBE(1, head - 1);
  const fields = {};
  let at = head;
  for (let field = 0; field < count && bytes[at] !== 0xff; ++field) {
    const value = skip(bytes, at);
    const end = field + 1 === count ? bytes.length : skip(bytes, value); // the large one comes last
    if (end > bytes.length) throw new Error("truncated");
    fields[codec.decode(bytes.subarray(at, value))] = bytes.subarray(value, end);
    at = end;
  }
  return fields;
}

function mapOf(fields) {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Buffer.concat([
    Buffer.from([0xa0 | entries.length]),
    ...entries.flatMap(([name, value]) => [encode(name), Buffer.isBuffer(value) ? value : encode(value)]),
  ]);
}

const engine = await SurrealNodeEngine.connect(storage, { capabilities: true });

// Returns { result } or { error }, encoded.
async function ask(method, params, session) {
  const answer = Buffer.from(await engine.execute(mapOf({ method, params: params ?? encode([]), session })));
  const error = answer[0] === 0xa1 ? fieldsOf(answer).error : undefined;
  return error ? { error } : { result: answer };
}

const errorOf = (message) => ({ error: encode({ code: -32000, message }) });
const version = codec.decode((await ask("version")).result);
{
  const made = await ask(
    "query",
    encode([`DEFINE USER IF NOT EXISTS ${user} ON ROOT PASSWORD ${JSON.stringify(password)} ROLES OWNER`]),
  );
  if (made.error || codec.decode(made.result)[0].status !== "OK") throw new Error("cannot define the root user");
}

const kOpenMethods = new Set(["ping", "version", "signin", "authenticate", "use", "let", "unset", "invalidate", "reset"]);
const answered = (request, response) => response.writeHead(200).end();
const certificate = option("certificate");
const server = certificate
  ? https.createServer({ cert: readFileSync(certificate), key: readFileSync(option("key")) }, answered)
  : http.createServer(answered);
const sockets = new WebSocketServer({
  server,
  path: "/rpc",
  maxPayload: kLargestMessage,
  handleProtocols: (offered) => (offered.has("cbor") ? "cbor" : false),
});

// Each client is one session of the engine.
sockets.on("connection", (socket) => {
  const session = encode(Uuid.v7());
  const attached = ask("attach", undefined, session);
  let signedIn = false;
  const pings = setInterval(() => socket.ping(), kPingEvery);
  const answer = async (request) => {
    const method = codec.decode(request.method);
    if (!signedIn && !kOpenMethods.has(method)) return errorOf("Anonymous access not allowed");
    const outcome = await ask(method, request.params, session);
    if (method === "signin" || method === "authenticate") signedIn ||= outcome.error === undefined;
    return outcome;
  };
  socket.on("message", async (message) => {
    let request;
    try {
      request = fieldsOf(message);
    } catch {
      return socket.send(mapOf(errorOf("Parse error")));
    }
    await attached;
    const outcome = await answer(request).catch((error) => errorOf(String(error.message)));
    if (socket.readyState === socket.OPEN) socket.send(mapOf({ ...outcome, id: request.id }));
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    clearInterval(pings);
    ask("detach", undefined, session).catch(() => {});
  });
});

server.listen(Number(option("port", "0")), "127.0.0.1", () => {
  console.log(`ready ${server.address().port} ${version}`);
});
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
// With a limit on file sizes the engine gets an error, as on a full disk.
process.on("SIGXFSZ", () => {});
// Ends with the test that started it, which holds the other end of its standard input.
if (option("with-parent") === "yes") process.stdin.on("end", () => process.exit(0)).resume();
