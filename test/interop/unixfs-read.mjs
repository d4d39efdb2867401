// unixfs-read.mjs FILE: reads the file under the first root of a CAR, prints its length and SHA2-256.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { CarBlockIterator } from '@ipld/car'
import { exporter } from 'ipfs-unixfs-exporter'

const car = await CarBlockIterator.fromIterable(createReadStream(process.argv[2]))
const blocks = new Map()
for await (const { cid, bytes } of car) {
  blocks.set(String(cid), bytes)
}

const source = { async * get (cid) { yield blocks.get(String(cid)) } }
const [root] = await car.getRoots()
const file = await exporter(root, source)
const hash = createHash('sha256')
for await (const part of file.content()) {
  hash.update(part)
}

console.log(JSON.stringify({ size: Number(file.size), sha256: hash.digest('hex') }))
