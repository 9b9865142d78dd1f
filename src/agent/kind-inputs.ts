import { Field, ID, InputType, type ClassType } from 'type-graphql';
import { LabelInput } from '../label/label';
import type { AgentKind } from './agent-kind';
import { PURPOSES } from './agent-type';
import { ruleOf } from './settings';

/** What is said of an agent that is added: where it belongs, and its settings. */
export interface AddedAgent {
  supervisorId?: string;
  runsOnNodeId?: string;
  serviceId?: string;
  nodeId?: string;
  labels?: LabelInput[] | null;
  disabled: boolean;
  [setting: string]: unknown;
}

/** What is said of the settings of an agent that is updated. */
export type GivenSettings = Record<string, unknown>;

@InputType({ description: 'What all kinds have in common.' })
abstract class AddAgentFields {
  @Field(() => [LabelInput], { nullable: true, description: 'Labels to give to it; 64 at most.' })
  labels?: LabelInput[] | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Put it on the roll, but do not run it.' })
  disabled: boolean;
}

/** The input that adds an agent of a kind: where it belongs, and a field for each setting. */
export function addInputOf(kind: AgentKind): ClassType {
  const input = inputClass(`Add${kind.name}Input`, PURPOSES[kind.type], AddAgentFields);
  for (const [name, description] of Object.entries(placesOf(kind)))
    Field(() => ID, { description })(input.prototype, name);
  for (const name of kind.settings) {
    const { type, inputType, description, fallback, isList } = ruleOf(name);
    const absence =
      fallback === undefined || isList ? { nullable: !kind.required.includes(name) } : { defaultValue: fallback };
    Field(inputType ?? type, { ...absence, description })(input.prototype, name);
  }
  return input;
}

function placesOf({ isSupervised, observes }: AgentKind): Record<string, string> {
  return {
    ...(isSupervised
      ? { supervisorId: 'The host agent that starts and stops it; it runs on that one’s node.' }
      : { runsOnNodeId: 'The node that it runs on.' }),
    ...(observes === 'SERVICE' && { serviceId: 'The service that it observes, on whatever node that is.' }),
    ...(observes === 'NODE' && { nodeId: 'The node that it observes.' }),
  };
}

/** The input that changes the settings of an agent of a kind. */
export function settingsInputOf(kind: AgentKind): ClassType {
  const description = `What to change: what is absent stays, null clears, a value sets. ${PURPOSES[kind.type]}`;
  const input = inputClass(`${kind.name}Settings`, description);
  for (const name of kind.settings) {
    const rule = ruleOf(name);
    Field(rule.inputType ?? rule.type, { nullable: true, description: rule.description })(input.prototype, name);
  }
  return input;
}

/** An input of which exactly one field is given: a kind. The schema says so (src/schema.ts). */
export function inputByKind(name: string, description: string, inputs: Record<string, [ClassType, string]>) {
  const input = inputClass(name, description);
  for (const [field, [type, purpose]] of Object.entries(inputs))
    Field(() => type, { nullable: true, description: purpose })(input.prototype, field);
  return input;
}

function inputClass(name: string, description: string, base: abstract new () => object = Object): ClassType {
  const made = { [name]: class extends (base as ClassType) {} }[name]!;
  InputType(name, { description })(made);
  return made;
}
