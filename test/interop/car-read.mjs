// car-read.mjs FILE: reads a CAR, hashes every block, prints what was found.
import { createReadStream } from 'node:fs'
import { CarBlockIterator } from '@ipld/car'
import { verify } from './hashes.mjs'

const car = await CarBlockIterator.fromIterable(createReadStream(process.argv[2]))
const roots = (await car.getRoots()).map(String)
const blocks = []
for await (const { cid, bytes } of car) {
  blocks.push({ cid: String(cid), size: bytes.length, verified: await verify(cid, bytes) })
}

console.log(JSON.stringify({ version: car.version, roots, blocks }))
