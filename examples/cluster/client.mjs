// A client that knows CimStore from its documentation alone (docs/nats.md), with the official NATS packages.
//
//   client.mjs store FILE...       stores each by a command; prints "CID<tab>FILE" for what was acknowledged
//   client.mjs retrieve CID        writes the content to standard output
//   client.mjs events              prints each event of the streams as a line of JSON, in order
//
// $NATS_URL has the servers, comma-separated.
import { readFile } from "node:fs/promises";
import { jetstream } from "@nats-io/jetstream";
import { Objm } from "@nats-io/obj";
import { connect, createInbox, headers } from "@nats-io/transport-node";
import { blake3 } from "@noble/hashes/blake3.js";
import { base32 } from "multiformats/bases/base32";

const [, , verb, ...words] = process.argv;
const nc = await connect({ servers: process.env.NATS_URL.split(","), maxReconnectAttempts: -1 });
const patience = 120_000;

// CIDv1, raw, BLAKE3-256.
const cidOf = (content) => base32.encode(Uint8Array.from([0x01, 0x55, 0x1e, 0x20, ...blake3(content)]));
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Asks until it is answered: the message id makes the second time harmless.
async function command(name, body, json) {
  const asked = headers();
  asked.set("X-Message-ID", crypto.randomUUID());
  if (json) asked.set("Content-Type", "application/json");
  const end = Date.now() + patience;
  for (;;) {
    try {
      const answer = (await nc.request(`commands.storage.${name}`, body, { headers: asked, timeout: 10_000 })).json();
      if (answer.status === "Accepted") return answer;
      if (!["outcome-unknown", "offline", "throttled", "busy", "deadline-passed"].includes(answer.code)) {
        throw new Error(`${name}: ${answer.code}: ${answer.reason}`);
      }
    } catch (failure) {
      if (Date.now() > end || /^\w+: /.test(failure.message)) throw failure;
    }
    if (Date.now() > end) throw new Error(`${name} was not answered in ${patience / 1000} s`);
    await pause(250);
  }
}

async function store(path) {
  const content = await readFile(path);
  const cid = cidOf(content);
  let answer;
  if (content.length <= nc.info.max_payload - 4096) {
    answer = await command("store", content, false);
  } else {
    // Larger than a message: into the bucket for uploads first, then by its name there.
    const bucket = await new Objm(jetstream(nc)).open("cimstore-uploads");
    await bucket.putBlob({ name: cid }, content);
    answer = await command("store", JSON.stringify({ object: cid, expected_cid: cid }), true);
  }
  if (answer.cid !== cid) throw new Error(`${path} is ${cid} and was answered as ${answer.cid}`);
  console.log(`${cid}\t${path}`);
}

async function retrieve(cid) {
  const inbox = createInbox();
  const chunks = nc.subscribe(inbox);
  nc.publish("commands.storage.retrieve", JSON.stringify({ cid }), { reply: inbox });
  for await (const chunk of chunks) {
    const error = chunk.headers?.get("Nats-Service-Error");
    if (error) throw new Error(`${cid}: ${error}`);
    process.stdout.write(chunk.data);
    if (chunk.reply) chunk.respond();
    if (chunk.headers.get("X-Chunk-Last") === "true") break;
  }
}

// Reads have a stream of their own, which keeps them for less long; the chain goes through both.
async function events() {
  const all = [];
  for (const stream of ["CIM-EVENTS", "CIM-READS"]) {
    const consumer = await jetstream(nc).consumers.get(stream);
    if ((await consumer.info()).num_pending === 0) continue;
    for await (const message of await consumer.consume()) {
      all.push({ subject: message.subject, ...message.json() });
      if (message.info.pending === 0) break;
    }
  }
  all.sort((left, right) => left.sequence - right.sequence);
  for (const event of all) console.log(JSON.stringify(event));
}

switch (verb) {
  case "store":
    for (const path of words) await store(path);
    break;
  case "retrieve":
    await retrieve(words[0]);
    break;
  case "events":
    await events();
    break;
  default:
    console.error("usage: client.mjs store FILE... | retrieve CID | events");
    process.exitCode = 2;
}
await nc.drain();
