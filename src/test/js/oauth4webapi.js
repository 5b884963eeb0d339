// What a program does with oauth4webapi against the server at ISSUER, told as JSON on standard
// output: {"basic":{…},"post":{…},"refused":{…}}.
import * as oauth from 'oauth4webapi'

const issuer = new URL(process.env.ISSUER)
const client = { client_id: process.env.CLIENT_ID }
const secret = process.env.CLIENT_SECRET
// Plain HTTP, which the server speaks on loopback.
const options = { [oauth.allowInsecureRequests]: true }

async function discover(algorithm) {
  const response = await oauth.discoveryRequest(issuer, { algorithm, ...options })
  return oauth.processDiscoveryResponse(issuer, response)
}

async function ask(server, authentication, parameters) {
  const response = await oauth.clientCredentialsGrantRequest(
    server,
    client,
    authentication,
    new URLSearchParams(parameters),
    options,
  )
  return oauth.processClientCredentialsResponse(server, client, response)
}

async function introspect(server, authentication, token) {
  const response = await oauth.introspectionRequest(server, client, authentication, token, options)
  return oauth.processIntrospectionResponse(server, client, response)
}

async function journey(server, authentication) {
  const granted = await ask(server, authentication, {})
  const request = new Request('https://resource.example/', {
    headers: { authorization: `Bearer ${granted.access_token}` },
  })
  const claims = await oauth.validateJwtAccessToken(server, request, server.issuer, options)
  const before = await introspect(server, authentication, granted.access_token)
  const revoked = await oauth.revocationRequest(
    server,
    client,
    authentication,
    granted.access_token,
    options,
  )
  await oauth.processRevocationResponse(revoked)
  const after = await introspect(server, authentication, granted.access_token)
  return { type: granted.token_type, scope: granted.scope ?? '', claims, before, after }
}

async function refusal(server, authentication, parameters) {
  try {
    await ask(server, authentication, parameters)
    return 'none'
  } catch (error) {
    return error.error ?? error.cause?.[0]?.scheme ?? error.code ?? String(error)
  }
}

const server = await discover('oauth2')
await discover('oidc')
const basic = oauth.ClientSecretBasic(secret)
console.log(
  JSON.stringify({
    basic: await journey(server, basic),
    post: await journey(server, oauth.ClientSecretPost(secret)),
    refused: {
      secret: await refusal(server, oauth.ClientSecretBasic(`${secret}x`), {}),
      scope: await refusal(server, basic, { scope: 'ROLE_NOT_HELD' }),
      tenant: await refusal(server, basic, { tenant: 'no-such-tenant' }),
    },
  }),
)
