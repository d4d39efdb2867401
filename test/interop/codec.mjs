// codec.mjs: for each line {codec, hex} of the input, decodes, encodes again, and names the result.
import { createInterface } from 'node:readline'
import * as dagCbor from '@ipld/dag-cbor'
import * as dagJson from '@ipld/dag-json'
import * as dagPb from '@ipld/dag-pb'
import { nameOf } from './hashes.mjs'

const codecs = { [dagCbor.code]: dagCbor, [dagJson.code]: dagJson, [dagPb.code]: dagPb }
for await (const line of createInterface({ input: process.stdin })) {
  const { codec, hex } = JSON.parse(line)
  try {
    const bytes = codecs[codec].encode(codecs[codec].decode(Uint8Array.from(Buffer.from(hex, 'hex'))))
    const names = await Promise.all([0x12, 0x1e].map(code => nameOf(codec, code, bytes)))
    console.log(JSON.stringify({ hex: Buffer.from(bytes).toString('hex'), names: names.map(String) }))
  } catch (problem) {
    console.log(JSON.stringify({ problem: problem.message }))
  }
}
