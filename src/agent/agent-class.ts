import { ChildEntity } from 'typeorm';
import { Ctx, Field, ObjectType, type ClassType } from 'type-graphql';
import type { Context } from '../context';
import { Agent } from './agent';
import type { AgentKind } from './agent-kind';
import { PURPOSES } from './agent-type';
import { isSecretSet } from './secret-loader';
import { ruleOf, type SettingName } from './settings';

/** The class of a kind of agents, entity and object type in one: a field for each setting, and of secrets whether they are set. */
export function agentClass({ type, name, settings, required }: AgentKind): ClassType<Agent> {
  const made = { [name]: class extends Agent {} }[name]!;
  for (const setting of settings) {
    if (ruleOf(setting).isSecret) secretField(made.prototype, setting);
    else if (!ruleOf(setting).hasColumn) settingField(made.prototype, setting, required.includes(setting));
  }
  ChildEntity(type)(made);
  ObjectType(name, { implements: Agent, description: PURPOSES[type] })(made);
  return made;
}

/** Readable like any other field, and no column: it is in the document of settings. */
function settingField(prototype: Agent, name: SettingName, isRequired: boolean): void {
  const { type, description, fallback } = ruleOf(name);
  Object.defineProperty(prototype, name, {
    get(this: Agent) {
      return this.settings[name] ?? fallback ?? null;
    },
  });
  Field(type, { nullable: !isRequired && fallback === undefined, description })(prototype, name);
}

function secretField(prototype: Agent, name: SettingName): void {
  const field = `${name}Set`;
  const descriptor = {
    value(this: Agent, context: Context): Promise<boolean> {
      return isSecretSet(context, this.id, name);
    },
  };
  Object.defineProperty(prototype, field, descriptor);
  Ctx()(prototype, field, 0);
  Field(() => Boolean, { description: `Whether this is set: ${ruleOf(name).description}` })(
    prototype,
    field,
    descriptor,
  );
}
