// The hash functions that multiformats knows by itself, and those it needs help with.
import { blake2b } from '@noble/hashes/blake2.js'
import { blake3 } from '@noble/hashes/blake3.js'
import { CID } from 'multiformats/cid'
import * as Digest from 'multiformats/hashes/digest'
import { identity } from 'multiformats/hashes/identity'
import { sha256, sha512 } from 'multiformats/hashes/sha2'

const functions = {
  [sha256.code]: bytes => sha256.digest(bytes),
  [sha512.code]: bytes => sha512.digest(bytes),
  [identity.code]: bytes => identity.digest(bytes),
  0x1e: bytes => Digest.create(0x1e, blake3(bytes)),
  0xb220: bytes => Digest.create(0xb220, blake2b(bytes, { dkLen: 32 })),
}

export async function nameOf (codec, code, bytes) {
  return CID.createV1(codec, await functions[code](bytes))
}

export async function verify (cid, bytes) {
  const digest = await functions[cid.multihash.code](bytes)
  return Buffer.from(digest.bytes).equals(Buffer.from(cid.multihash.bytes))
}
