// cid.mjs: for each line of the input, a CID in base32, prints its parts and its other texts.
import { createInterface } from 'node:readline'
import { base16 } from 'multiformats/bases/base16'
import { base36 } from 'multiformats/bases/base36'
import { base58btc } from 'multiformats/bases/base58'
import { base64, base64url } from 'multiformats/bases/base64'
import { CID } from 'multiformats/cid'

for await (const line of createInterface({ input: process.stdin })) {
  const cid = CID.parse(line)
  const texts = [base16, base36, base58btc, base64, base64url].map(base => cid.toString(base.encoder))
  console.log(JSON.stringify({
    version: cid.version,
    codec: cid.code,
    hashFunction: cid.multihash.code,
    digest: Buffer.from(cid.multihash.digest).toString('hex'),
    bytes: Buffer.from(cid.bytes).toString('hex'),
    texts,
    v0: cid.code === 0x70 && cid.multihash.code === 0x12 ? cid.toV0().toString() : null,
  }))
}
