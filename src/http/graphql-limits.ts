import type { ApolloServerPlugin } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import type { Context } from '../context';
import { enrolsAlone } from '../document/enrols-alone';
import { httpStatusOf, InvalidInput, RateLimited } from '../errors';

/** Throws RateLimited when there were too many anonymous operations from the address. Those that enrol and do nothing else have budgets of their own. */
export async function limitAnonymous(context: Context, isEnrolment: boolean): Promise<Context> {
  if (!context.caller && !isEnrolment) await context.limits.anonymous(context);
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
