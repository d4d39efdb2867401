// car-write.mjs FILE: writes a CAR of several codecs and hash functions, prints what it wrote.
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CarWriter } from '@ipld/car'
import * as dagCbor from '@ipld/dag-cbor'
import * as dagPb from '@ipld/dag-pb'
import { nameOf } from './hashes.mjs'

const blocks = []
async function add (codec, code, bytes) {
  const cid = await nameOf(codec, code, bytes)
  blocks.push({ cid, bytes })
  return cid
}

const links = []
for (const code of [0x12, 0x13, 0x1e, 0xb220, 0x00]) {
  for (const size of [0, 1, 100, 70_000]) {
    if (code !== 0x00 || size <= 100) {
      links.push(await add(0x55, code, new Uint8Array(size).map((_, index) => index * 7)))
    }
  }
}

await add(0x70, 0x12, dagPb.encode(dagPb.prepare({ Data: new Uint8Array([1, 2]), Links: [links[1]] })))
const root = await add(0x71, 0x1e, dagCbor.encode({ links, text: 'Čaues ßvěte!', number: -5, nothing: null }))

const { writer, out } = CarWriter.create([root])
const written = pipeline(Readable.from(out), createWriteStream(process.argv[2]))
for (const block of blocks) {
  await writer.put(block)
}

await writer.close()
await written
const listed = blocks.map(({ cid, bytes }) => ({ cid: String(cid), size: bytes.length, verified: true }))
console.log(JSON.stringify({ version: 1, roots: [String(root)], blocks: listed }))
