// What the official JavaScript client makes of a node: it discovers the service, stores, retrieves a large content in
// chunks, stores by the bucket, and reads the events from the stream. One JSON document for each.
import { createHash } from "node:crypto";
import { jetstream } from "@nats-io/jetstream";
import { Objm } from "@nats-io/obj";
import { Svcm } from "@nats-io/services";
import { connect, createInbox, headers } from "@nats-io/transport-node";

const [url, expectedCid, size] = process.argv[2].split(",");
const nc = await connect({ servers: url });
const print = (value) => console.log(JSON.stringify(value));

const client = new Svcm(nc).client();
for await (const service of await client.info("cimstore")) {
  print({ service: service.name, subjects: service.endpoints.map((one) => one.subject) });
}

const id = crypto.randomUUID();
const h = headers();
h.set("X-Message-ID", id);
h.set("X-Class", "Ephemeral");
const ack = (await nc.request("commands.storage.store", "from JavaScript", { headers: h, timeout: 5000 })).json();
print({ id, ...ack });

const small = await nc.request("commands.storage.retrieve", JSON.stringify({ cid: ack.cid }), { timeout: 5000 });
print({ text: small.string(), cid: small.headers.get("X-CID") });

const refused = await nc.request("commands.storage.stat", JSON.stringify({ cdi: ack.cid }), { timeout: 5000 });
print({ error: refused.headers.get("Nats-Service-Error"), ...refused.json() });

// Content that the caller of this script knows the CID of: the bytes 0, 1, .. 250, 0, 1, ..
const large = new Uint8Array(Number(size)).map((_, index) => index % 251);
const bucket = await new Objm(jetstream(nc)).open("cimstore-uploads");
await bucket.putBlob({ name: "large" }, large);
const h2 = headers();
h2.set("Content-Type", "application/json");
const byName = await nc.request(
  "commands.storage.store", JSON.stringify({ object: "large", expected_cid: expectedCid }),
  { headers: h2, timeout: 20000 });
print(byName.json());

const inbox = createInbox();
const chunks = nc.subscribe(inbox);
nc.publish("commands.storage.retrieve", JSON.stringify({ cid: expectedCid }), { reply: inbox });
const hash = createHash("sha256");
let count = 0;
for await (const chunk of chunks) {
  hash.update(chunk.data);
  count++;
  if (chunk.reply) {
    chunk.respond();
  }
  if (chunk.headers.get("X-Chunk-Last") === "true") {
    break;
  }
}
print({ count, same: hash.digest("hex") === createHash("sha256").update(large).digest("hex") });

const consumer = await jetstream(nc).consumers.get("CIM-EVENTS", { filter_subjects: "events.storage.stored.hot" });
for (let index = 0; index < 2; index++) {
  const message = await consumer.next({ expires: 10000 });
  const event = message.json();
  print({
    subject: message.subject, event_id: event.event_id, header: message.headers.get("X-Event-ID"),
    cid: event.payload_cid, sequence: message.headers.get("X-Sequence"), correlation: event.correlation_id,
  });
}

await nc.close();
