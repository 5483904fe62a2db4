// Reads disclosures, one a line, and prints what an SD-JWT library makes of each: digest, content.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { Disclosure } from "@sd-jwt/utils";

const hasher = (data) => Uint8Array.from(createHash("sha256").update(data).digest());

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const read = await Disclosure.fromEncode(line, { hasher, alg: "sha-256" });
    const digest = await read.digest({ hasher, alg: "sha-256" });
    console.log(JSON.stringify({ digest, name: read.key, salt: read.salt, value: read.value }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
