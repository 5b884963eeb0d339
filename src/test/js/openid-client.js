// What a program does with openid-client against the server at ISSUER, told as JSON on standard
// output: {"basic":{…},"post":{…},"refused":{…}}.
import * as client from 'openid-client'

const issuer = new URL(process.env.ISSUER)
const id = process.env.CLIENT_ID
const secret = process.env.CLIENT_SECRET

function configure(authentication, algorithm) {
  return client.discovery(issuer, id, undefined, authentication, {
    algorithm,
    // Plain HTTP, which the server speaks on loopback.
    execute: [client.allowInsecureRequests],
  })
}

async function journey(authentication, algorithm) {
  const configuration = await configure(authentication, algorithm)
  const granted = await client.clientCredentialsGrant(configuration)
  const before = await client.tokenIntrospection(configuration, granted.access_token)
  await client.tokenRevocation(configuration, granted.access_token)
  const after = await client.tokenIntrospection(configuration, granted.access_token)
  return { type: granted.token_type, scope: granted.scope ?? '', before, after }
}

async function refusal(authentication, parameters) {
  try {
    await client.clientCredentialsGrant(await configure(authentication, 'oauth2'), parameters)
    return 'none'
  } catch (error) {
    return error.error ?? error.cause?.[0]?.scheme ?? error.code ?? String(error)
  }
}

console.log(
  JSON.stringify({
    basic: await journey(client.ClientSecretBasic(secret), 'oauth2'),
    post: await journey(client.ClientSecretPost(secret), 'oidc'),
    refused: {
      secret: await refusal(client.ClientSecretBasic(`${secret}x`)),
      scope: await refusal(client.ClientSecretPost(secret), { scope: 'ROLE_NOT_HELD' }),
      tenant: await refusal(client.ClientSecretPost(secret), { tenant: 'no-such-tenant' }),
    },
  }),
)
