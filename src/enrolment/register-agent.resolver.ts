import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Context } from '../context';
import { OnceADocument } from '../document/once';
import { registerAgent } from './register-agent';
import { RegisterAgentInput, RegisterAgentPayload } from './register-agent.input';

@Resolver()
export class RegisterAgentResolver {
  @Requires('PUBLIC')
  @OnceADocument()
  @Mutation(() => RegisterAgentPayload, {
    description: 'Enrols an agent. Public: the registration token is the credential.',
  })
  registerAgent(
    @Ctx() context: Context,
    @Arg('input', () => RegisterAgentInput, { description: 'The token, and what the agent says of its node.' })
    input: RegisterAgentInput,
  ): Promise<RegisterAgentPayload> {
    return registerAgent(context, input);
  }
}
