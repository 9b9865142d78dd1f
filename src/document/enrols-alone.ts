import { Kind, OperationTypeNode, type DefinitionNode, type DocumentNode } from 'graphql';

const ENROLMENT = 'registerAgent';

/** Whether every operation of the document is a mutation with fields that enrol, and nothing beside them. */
export function enrolsAlone({ definitions }: DocumentNode): boolean {
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
