import type { ApolloServerPlugin } from '@apollo/server';
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type FormattedExecutionResult,
  type GraphQLFormattedError,
  type OperationDefinitionNode,
} from 'graphql';
import { EnrolmentMethod } from '../agent/agent-type';
import type { Context } from '../context';
import type { Instruments } from './instruments';
import { codeLabel, OK } from './outcome';

/** The mutations that enrol an agent, by the way in which. */
const ENROLMENTS: Record<string, EnrolmentMethod> = {
  registerAgent: EnrolmentMethod.TOKEN,
  approveRegistration: EnrolmentMethod.APPROVAL,
};

/** A field of Query or Mutation, and what came of it. */
interface Answered {
  field: string;
  code: string;
}

const NOTHING = 'none';

/** Counts what operations ask for. Names are those of the schema, since an operation that is not valid counts without any. */
export function countOperations({ fields, enrolments, syncs }: Instruments): ApolloServerPlugin<Context> {
  const refused = (code: unknown) => fields.inc({ operation: NOTHING, field: NOTHING, code: codeLabel(code) });
  return {
    contextCreationDidFail: async ({ error }) => {
      refused((error as Partial<GraphQLFormattedError>).extensions?.['code']);
    },
    requestDidStart: async () => ({
      willSendResponse: async ({ operation, document, response: { body } }) => {
        if (body.kind !== 'single') return;
        if (!operation || !document) return refused(body.singleResult.errors?.[0]?.extensions?.['code']);
        for (const { field, code } of answered(operation, document, body.singleResult)) {
          fields.inc({ operation: operation.operation, field, code });
          if (field === 'syncAgent') syncs.inc({ code });
          const method = ENROLMENTS[field];
          if (method) enrolments.inc({ method, code });
        }
      },
    }),
  };
}

/** Of the fields that a valid operation asks for, those that were looked at. */
function answered(
  operation: OperationDefinitionNode,
  document: DocumentNode,
  { data, errors = [] }: FormattedExecutionResult,
): Answered[] {
  return [...rootFields(operation, document)].flatMap(([key, field]) => {
    // Without a path it ended the whole operation.
    const error = errors.find(({ path }) => path === undefined || path[0] === key);
    if (error) return [{ field, code: codeLabel(error.extensions?.['code']) }];
    return data && key in data ? [{ field, code: OK }] : [];
  });
}

/** The names of root fields by the keys that they have in the answer. */
function rootFields({ selectionSet }: OperationDefinitionNode, { definitions }: DocumentNode): Map<string, string> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  const asked = new Map<string, string>();
  const open = [selectionSet];
  for (let selections = open.pop(); selections; selections = open.pop())
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) asked.set((selection.alias ?? selection.name).value, selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) open.push(selection.selectionSet);
      else {
        const fragment = fragments.get(selection.name.value);
        // Once each: fragments that spread others twice would double what there is to do with each level.
        if (fragments.delete(selection.name.value)) open.push(fragment!.selectionSet);
      }
    }
  return asked;
}
