import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import {
  Kind,
  OperationTypeNode,
  parse,
  type DefinitionNode,
  type DocumentNode,
  type FormattedExecutionResult,
} from 'graphql';
import type { Context } from '../context';
import { httpStatusOf, InvalidInput, RateLimited } from '../errors';

const ENROLMENT = 'registerAgent';
/** Many times what a registration needs. */
const MOST_TOKENS = 1000;

/** Throws RateLimited when there were too many anonymous operations from the address. Those that enrol and do nothing else have budgets of their own. */
export async function limitAnonymous(context: Context, { method, body }: FastifyRequest): Promise<Context> {
  const source = method === 'POST' ? (body as { query?: unknown } | null)?.query : undefined;
  if (!context.caller && !sourceEnrolsAlone(source)) await context.limits.anonymous(context);
  return context;
}

/** Charges registrations that came to nothing before they were looked at, and says in a header, too, when to come back. */
export function tellLimits(): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      async willSendResponse({ document, contextValue, response: { body, http } }) {
        if (body.kind !== 'single') return;
        if (document && enrolsAlone(document) && !contextValue.caller && !contextValue.registrationTried) {
          const told = await failedEnrolment(contextValue);
          if (told) {
            body.singleResult = {
              errors: [{ message: told.message, extensions: { ...told.details, code: told.code } }],
            };
            http.status = httpStatusOf(told);
          }
        }
        const seconds = retryAfter(body.singleResult);
        if (seconds > 0) http.headers.set('retry-after', String(seconds));
      },
    }),
  };
}

/** A registration that is no valid operation, or is skipped, has failed, as one with a wrong token has. */
async function failedEnrolment(context: Context): Promise<RateLimited | null> {
  try {
    const told = await context.limits.failedEnrolment(context, new InvalidInput([]));
    return told instanceof RateLimited ? told : null;
  } catch (error) {
    context.log.warn({ err: error }, 'a malformed registration could not be counted');
    return null;
  }
}

/** The longest of what the errors say; 0 when none says anything. */
function retryAfter({ errors = [] }: FormattedExecutionResult): number {
  return errors.reduce(
    (longest, { extensions }) => Math.max(longest, Number(extensions?.['retryAfterSeconds'] ?? 0)),
    0,
  );
}

/** Parsed only where there is something to find. What cannot be parsed enrols nobody. */
function sourceEnrolsAlone(source: unknown): boolean {
  if (typeof source !== 'string' || !source.includes(ENROLMENT)) return false;
  try {
    return enrolsAlone(parse(source, { noLocation: true, maxTokens: MOST_TOKENS }));
  } catch {
    return false;
  }
}

/** Whether every operation of the document is a mutation with fields that enrol, and nothing beside them. */
function enrolsAlone({ definitions }: DocumentNode): boolean {
  return definitions.every(isEnrolment);
}

/** What fragments hold is below the fields that use them: one that stands beside them is no field. */
function isEnrolment(definition: DefinitionNode): boolean {
  if (definition.kind === Kind.FRAGMENT_DEFINITION) return true;
  if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== OperationTypeNode.MUTATION)
    return false;
  return definition.selectionSet.selections.every(
    (selection) => selection.kind === Kind.FIELD && selection.name.value === ENROLMENT,
  );
}
