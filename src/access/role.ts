import { registerEnumType } from 'type-graphql';

export enum Role {
  AGENT = 'AGENT',
  VIEWER = 'VIEWER',
  EDITOR = 'EDITOR',
  ADMIN = 'ADMIN',
}

registerEnumType(Role, {
  name: 'Role',
  description:
    'AGENT belongs to one host agent and can do what that agent needs, no more; the others include each other in this order.',
  valuesConfig: {
    AGENT: { description: 'Syncs, reads itself, rotates its own key.' },
    VIEWER: { description: 'Reads the inventory.' },
    EDITOR: { description: 'Also writes the inventory.' },
    ADMIN: { description: 'Also enrolment, keys and audit.' },
  },
});
