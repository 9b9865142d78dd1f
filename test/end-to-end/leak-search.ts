import { formatCredential, makeCredential, parseCredential, type CredentialKind } from '../../src/access/credential';

/** Secrets, and everything in which one could have been left. */
export interface LeakSearch {
  /** Looks for this text from now on. */
  seed: (what: string, secret: string) => void;
  /** Looks for the secret part of a credential; gives the credential. */
  watch: (what: string, credential: string) => string;
  /** Makes a credential that nobody knows, and looks for its secret part. */
  stranger: (kind: CredentialKind, what: string) => string;
  /** Keeps what was written somewhere. What hands out a secret must not be given. */
  keep: (place: string, text: string) => void;
  /** Keeps an answer, its headers included. */
  keepAnswer: (
    place: string,
    answer: Promise<{ headers: Headers; text: string | (() => Promise<string>) }>,
  ) => Promise<void>;
  kept: (place: string) => string;
  /** How many secrets are looked for. */
  seeds: () => number;
  holdsSecret: (text: string) => boolean;
  /** Which secret is where, in words. */
  leaks: () => string[];
}

export function startLeakSearch(): LeakSearch {
  const secrets = new Map<string, string>();
  const written = new Map<string, string>();
  const found = (text: string) => [...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => what);
  const search: LeakSearch = {
    seed: (what, secret) => void secrets.set(what, secret),
    watch(what, credential) {
      // Without the prefix and the checksum, by which the log would know it for a credential.
      search.seed(what, parseCredential(credential)!.secret);
      return credential;
    },
    stranger: (kind, what) => search.watch(what, formatCredential(makeCredential(kind).credential)),
    keep: (place, text) => void written.set(place, text),
    async keepAnswer(place, answer) {
      const response = await answer;
      const text = typeof response.text === 'string' ? response.text : await response.text();
      search.keep(place, `${JSON.stringify([...response.headers])}\n${text}`);
    },
    kept: (place) => written.get(place)!,
    seeds: () => secrets.size,
    holdsSecret: (text) => found(text).length > 0,
    leaks: () => [...written].flatMap(([place, text]) => found(text).map((what) => `${what} in ${place}`)),
  };
  return search;
}
