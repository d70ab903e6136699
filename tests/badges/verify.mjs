// Verifies badges with libraries that are not ours, without network: node --input-type=module - CASES.json < verify.mjs
// in the folder of their node_modules. CASES holds the documents to serve by address, and the cases; the answer is one
// line of JSON: for each case, what each verifier says.
import { readFileSync } from 'node:fs'

const { served, documents, tokens, did, key } = JSON.parse(readFileSync(process.argv[2], 'utf-8'))
const answer = url => (url in served ? new Response(served[url], { headers: { 'content-type': 'application/json' } }) : new Response('', { status: 404 }))
globalThis.fetch = async url => answer(String(url.url ?? url)) // before the imports: verifier-core takes no loader

const vc = await import('@digitalbazaar/vc')
const { DataIntegrityProof } = await import('@digitalbazaar/data-integrity')
const { cryptosuite } = await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite')
const { checkStatus } = await import('@digitalbazaar/vc-bitstring-status-list')
const jose = await import('jose')
const core = await import('@digitalcredentials/verifier-core')

const multikey = did.slice('did:key:'.length)
const method = {
  '@context': 'https://w3id.org/security/multikey/v1', id: `${did}#${multikey}`, type: 'Multikey', controller: did,
  publicKeyMultibase: multikey,
}
const controller = {
  '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'], id: did,
  verificationMethod: [method], assertionMethod: [method.id],
}
const loader = vc.extendContextLoader ?? (load => load)
const documentLoader = loader(async url => {
  const own = { [did]: controller, [method.id]: method }
  const document = own[url] ?? (url in served ? JSON.parse(served[url]) : undefined)
  if (!document) throw new Error(`nothing is served at ${url}`)
  return { contextUrl: null, documentUrl: url, document }
})

async function byDigitalBazaar(credential) {
  const suite = new DataIntegrityProof({ cryptosuite })
  const status = options => checkStatus({ ...options, documentLoader, suite, verifyBitstringStatusListCredential: true })
  const { verified, statusResult } = await vc.verifyCredential({ credential, suite, documentLoader, checkStatus: status })
  return verified && !statusResult.results.some(result => result.status) // a set bit is a fact, not an error, to it
}

async function byVerifierCore(credential) {
  const { log = [] } = await core.verifyCredential({ credential, knownDIDRegistries: [] })
  const says = id => log.find(step => step.id === id)?.valid
  return says('valid_signature') === true && says('revocation_status') === true && says('expiration') !== false
}

async function byJose(token) {
  try {
    await jose.jwtVerify(token, await jose.importJWK(key, 'EdDSA'), { issuer: did, algorithms: ['EdDSA'] })
    return true
  } catch {
    return false
  }
}

const said = { vc: {}, core: {}, jose: {} }
for (const [name, document] of Object.entries(documents)) {
  said.vc[name] = await byDigitalBazaar(structuredClone(document))
  said.core[name] = await byVerifierCore(structuredClone(document))
}
for (const [name, token] of Object.entries(tokens)) said.jose[name] = await byJose(token)
console.log(JSON.stringify(said))
process.exit(0)
