// buckets.mjs URL: for each line of the input, {op: put|get, kind: kv|obj, bucket, name, size}, puts bytes by a rule that the
// test knows, or gets them, and prints what the client says of them.
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Kvm } from '@nats-io/kv'
import { Objm } from '@nats-io/obj'
import { connect } from '@nats-io/transport-node'

const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')
const content = size => Uint8Array.from({ length: size }, (_, i) => ((i * 31) + (i >> 8)) & 255)
const connection = await connect({ servers: process.argv[2] })

for await (const line of createInterface({ input: process.stdin })) {
  const { op, kind, bucket, name, size } = JSON.parse(line)
  if (kind === 'kv') {
    const store = await new Kvm(connection).open(bucket)
    if (op === 'put') {
      console.log(JSON.stringify({ name, revision: await store.put(name, content(size)) }))
    } else {
      const entry = await store.get(name)
      console.log(JSON.stringify({ name, size: entry.value.length, sha256: sha256(entry.value) }))
    }
  } else {
    const store = await new Objm(connection).open(bucket)
    if (op === 'put') {
      const info = await store.putBlob({ name }, content(size))
      console.log(JSON.stringify({ name, revision: info.revision, digest: info.digest }))
    } else {
      // Compares the digest itself, and fails where it is another.
      const bytes = await store.getBlob(name)
      const info = await store.info(name)
      console.log(JSON.stringify({
        name, size: bytes.length, sha256: sha256(bytes), digest: info.digest, metadata: info.metadata,
      }))
    }
  }
}

await connection.close()
