// Reads cases as JSON lines and says of each whether ICS-23 under its TendermintSpec accepts it.
import { createInterface } from "node:readline";
import ics23 from "@confio/ics23";

const { tendermintSpec, verifyExistence, verifyNonExistence, ics23: types } = ics23;

const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));

function existence(plain) {
  if (plain === null) return undefined;
  return types.ExistenceProof.create({
    key: bytes(plain.key),
    value: bytes(plain.value),
    leaf: tendermintSpec.leafSpec,
    path: plain.path.map((step) => types.InnerOp.create({
      hash: types.HashOp.SHA256,
      prefix: bytes(step.prefix),
      suffix: bytes(step.suffix),
    })),
  });
}

function accepts(one) {
  try {
    if (one.kind === "presence") {
      verifyExistence(existence(one.proof), tendermintSpec, bytes(one.root), bytes(one.proof.key),
        bytes(one.proof.value));
    } else {
      const proof = types.NonExistenceProof.create({
        key: bytes(one.key), left: existence(one.left), right: existence(one.right),
      });
      verifyNonExistence(proof, tendermintSpec, bytes(one.root), bytes(one.key));
    }
    return true;
  } catch {
    return false;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(accepts(JSON.parse(line)) ? "accept" : "refuse");
}
