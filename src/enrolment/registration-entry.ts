import type { AuditEntry } from '../audit/audit';
import type { Enrolled } from './enrolment';

/** Why an agent was registered that was on the roll before. */
export const ENROLLED_AFRESH = 'enrolled afresh';

/** What the audit trail has of an agent that was let in: which key is good now, and which ended for it, by their public ids. */
export function registrationEntry(
  nodeName: string,
  keyPublicId: string,
  { agentId, endedKeys, changes }: Enrolled,
  reason?: string,
): AuditEntry {
  return {
    action: 'agent.register',
    targetType: 'agent',
    targetId: agentId,
    targetName: nodeName,
    changes: [{ field: 'apiKey', before: endedKeys.join(', ') || null, after: keyPublicId }, ...changes],
    ...(reason !== undefined && { reason }),
  };
}
