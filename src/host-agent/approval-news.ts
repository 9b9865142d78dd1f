import type { AgentConfig } from './agent-config';
import { isKeyUnfit, type PairedAnswer } from './approval-request';
import type { ServerFault } from './server-fault';
import type { Surroundings } from './surroundings';

/** What an agent that waits for its approval says. */
export interface ApprovalNews {
  answered(answer: PairedAnswer): void;
  failed(fault: ServerFault): void;
}

type Line = [how: 'print' | 'warn', text: string];

/** Says what has changed, and nothing else: a log that repeats itself is not read. */
export function makeApprovalNews({ apiUrl }: AgentConfig, nodeName: string, surroundings: Surroundings): ApprovalNews {
  let standing: string | undefined;
  let trouble: string | undefined;

  function heard(lines: Line[]): void {
    if (trouble !== undefined) surroundings.print(`Back: ${apiUrl} answers again.`);
    trouble = undefined;
    const news = JSON.stringify(lines);
    if (news === standing) return;
    standing = news;
    for (const [how, text] of lines) surroundings[how](text);
  }

  return {
    answered: (answer) => heard(linesOf(answer, nodeName, apiUrl)),
    failed(fault) {
      if (fault.isLocked) return heard([['warn', lockedText(apiUrl)]]);
      if (fault.isFull) return heard([['warn', fullText(apiUrl)]]);
      if (isKeyUnfit(fault)) return surroundings.warn(`These credentials cannot be registered: ${fault.message}.`);
      // A server that answers with this now and then, as to a whole fleet behind one address, is no news.
      const isBusy = fault.refusal?.code === 'RATE_LIMITED' && standing !== undefined;
      if (isBusy || fault.message === trouble) return;
      trouble = fault.message;
      surroundings.warn(`Not reached: ${apiUrl}: ${fault.message}. Trying again.`);
    },
  };
}

function lockedText(apiUrl: string): string {
  return `The client registry of ${apiUrl} is locked: an administrator must unlock it (\`rollcall registry unlock\`). Waiting for that.`;
}

function fullText(apiUrl: string): string {
  return `Too many requests wait at ${apiUrl} already: an administrator must decide on some (\`rollcall request list\`), or they expire. Waiting for that.`;
}

function linesOf(answer: PairedAnswer, nodeName: string, apiUrl: string): Line[] {
  if (answer.state === 'APPROVED')
    return [['print', `Approved: this is agent ${answer.agentId ?? 'of a node that was removed since'}.`]];
  const { requestId, ownPairingId, keyFingerprint } = answer;
  const message = sentence(answer.message ?? 'the server does not say why');
  const approve = `rollcall request approve ${requestId}`;
  const pairing: Line[] = [
    ['print', `Username: ${nodeName}, pairing ID: ${ownPairingId}`],
    ['print', `Key fingerprint: ${keyFingerprint}`],
    ...doubts(answer, apiUrl),
  ];
  const finish = `The registration must be finished by an administrator of ${apiUrl}, with \`${approve}\` and the pairing ID that follows.`;
  const conflict = `409 Conflict: ${message} Pairing ID: ${ownPairingId}. To approve it all the same: \`${approve} --replace\`; to ask for another name: server.hostname in this agent’s configuration.`;
  const told: Record<typeof answer.state, Line[]> = {
    PENDING: [['print', finish], ...pairing],
    CONFLICTING: [...pairing, ['warn', conflict]],
    REJECTED: [['warn', `Rejected: ${message} This agent asks again then.`]],
    EXPIRED: [['print', 'The request has expired: asking again.']],
  };
  return told[answer.state];
}

/** The server computes it of what has reached it: where that differs, somebody has changed it on the way. */
function doubts({ pairingId, ownPairingId }: PairedAnswer, apiUrl: string): Line[] {
  if (pairingId === ownPairingId) return [];
  const text = `What answers at ${apiUrl} computes another pairing ID than this agent, and may not be the server: let nothing be approved but ${ownPairingId}.`;
  return [['warn', text]];
}

function sentence(text: string): string {
  return text.replace(/\.?$/, '.');
}
