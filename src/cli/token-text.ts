import { stringify } from 'yaml';
import { isLoopbackUrl } from '../loopback';
import { printable } from '../safe-text';
import type { IssuedToken, RegistrationToken } from './registration-token';
import type { ServerTrust } from './server-trust';
import { instantAndDistance } from './time';

/** What an administrator needs to know of a token just issued, down to the command for the host. */
export function issuedTokenText({ token, secret }: IssuedToken, url: string, trust: ServerTrust): string {
  const heading = token.description === null ? token.publicId : `${token.publicId} (${token.description})`;
  return `${printable(`Registration token ${heading}`)}

  ${secret}

${printable(purpose(token))}
Nobody can show it again: keep it where only the host gets it.

On the host, let config.yml hold

${indented(stringify({ registration: { token: secret }, central: centralSettings(url, trust) }))}
and run

  rollcall agent --config config.yml --register
${remarks(url, trust).join('\n')}`.trimEnd();
}

function centralSettings(url: string, trust: ServerTrust): Record<string, string> {
  return { api_url: url, ...(trust.kind === 'pin' && { ca_pin: trust.pin }) };
}

function remarks(url: string, trust: ServerTrust): string[] {
  const thisMachine = `
${new URL(url).host} is this machine: from another host, api_url must be the address by which it reaches this server.`;
  const unknownCa = `
The host does not know the CA of the server, which does not show it: copy the CA’s certificate to the host and name it in
central.ca_file, or append it to the file of the server’s setting tls.cert; this command then tells its pin.`;
  return [...(isLoopbackUrl(url) ? [thisMachine] : []), ...(trust.kind === 'file' ? [unknownCa] : [])];
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
