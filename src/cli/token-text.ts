import { stringify } from 'yaml';
import { isLoopbackUrl } from '../loopback';
import { printable } from '../safe-text';
import type { IssuedToken, RegistrationToken } from './registration-token';
import { instantAndDistance } from './time';

/** What an administrator needs to know of a token just issued, down to the command for the host. */
export function issuedTokenText({ token, secret }: IssuedToken, url: string): string {
  const heading = token.description === null ? token.publicId : `${token.publicId} (${token.description})`;
  return `${printable(`Registration token ${heading}`)}

  ${secret}

${printable(purpose(token))}
Nobody can show it again: keep it where only the host gets it.

On the host, let config.yml hold

${indented(stringify({ registration: { token: secret }, central: { api_url: url } }))}
and run

  rollcall agent --config config.yml --register
${isLoopbackUrl(url) ? `\n${new URL(url).host} is this machine: from another host, api_url must be the address by which it reaches this server.\n` : ''}`.trimEnd();
}

function purpose({ maxUses, nodeName, replaces, expiresAt }: RegistrationToken): string {
  const until = `until ${instantAndDistance(expiresAt)}`;
  if (replaces !== null) return `It enrols the node ${replaces.name} afresh, once, ${until}.`;
  const named = nodeName === null ? '' : ` whose node is named ${nodeName}`;
  return maxUses === 1
    ? `It enrols one agent${named}, once, ${until}.`
    : `It enrols up to ${maxUses} agents${named}, ${until}.`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
