import { CredentialKind, makeCredential } from '../src/access/credential';
import { withoutCredentials } from '../src/safe-text';

describe.each(Object.values(CredentialKind))('a %s credential', (kind) => {
  const { text, credential } = makeCredential(kind);
  const places: [string, string][] = [
    ['alone', text],
    ['in a sentence', `The key ${text}, which`],
    ['in quotes', `"${text}"`],
    ['in a URL', `https://host/?key=${text}&more=1`],
    ['twice', `${text} ${text}`],
    ['in a URL as a password', `https://user:${text}@host/`],
    ['behind a line feed', `first\n${text}`],
    ['behind a line feed or tab that JSON has escaped', JSON.stringify({ message: `first\n${text}\t${text}` })],
    ['run together with a word', `token${text}`],
    ['cut in the secret', text.slice(0, 30)],
    ['cut in the public id', text.slice(0, 9)],
    ['with a wrong sum', `${text.slice(0, -1)}z`],
  ];
  test.each(places)('is blanked %s', (_, told) => {
    const blanked = withoutCredentials(told);
    expect(blanked).toContain('[credential]');
    for (const part of [credential.publicId.slice(0, 5), credential.secret.slice(0, 12)])
      expect(blanked).not.toContain(part);
  });
});

test.each(['', 'The node is on the roll.', 'rct_', 'rcx_0123456789ab', 'arc_total 7', 'src_user_name', 'a_rc_t'])(
  '%j has no credential and stays as it is',
  (text) => {
    expect(withoutCredentials(text)).toBe(text);
  },
);
