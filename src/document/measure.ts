import { Kind, type DocumentNode, type FieldNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

/** What a document amounts to, all its operations together, with each fragment written out wherever it is spread. */
export interface Measure {
  /** Fields, inline fragments and spreads. Counting ends beyond `most.selections`, and all else is then too small. */
  selections: number;
  /** How deep fields stand in fields. */
  depth: number;
  /** How deep selections stand in each other, fragments included. */
  nesting: number;
  aliases: number;
  /** Pairs of fields with one name in one place, whatever the types of their fragments, and of fragments: validation compares each. */
  repetitions: number;
  /** On operations, variables, selections and fragments. */
  directives: number;
  /** How often each of the fields `counted` stands there. */
  fields: Map<string, number>;
}

export interface MeasureOptions {
  most: { selections: number; nesting: number };
  /** Names of fields. */
  counted: ReadonlySet<string>;
}

/** A field that is in the answer once, however often it is asked for. */
interface Present {
  times: number;
  inner: Map<string, Present>;
}

/** Where a selection stands. */
interface Place {
  depth: number;
  nesting: number;
  /** The fields that stand there already, by the names that they have in the answer. */
  present: Map<string, Present>;
  /** The fragments that it stands in, by name. */
  within: readonly string[];
}

/**
 * Measures a document, valid or not. Fragments that spread themselves are followed once, and left to validation. Writing fragments out can
 * be exponential, so it ends beyond `most.selections`: no document costs more than so many steps.
 */
export function measureDocument(document: DocumentNode, { most, counted }: MeasureOptions): Measure {
  const measure: Measure = {
    selections: 0,
    depth: 0,
    nesting: 0,
    aliases: 0,
    repetitions: 0,
    directives: 0,
    fields: new Map(),
  };
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const followed = new Set<FragmentDefinitionNode>();

  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { directives = [], variableDefinitions = [], selectionSet } = definition;
    measure.directives += directives.length;
    for (const variable of variableDefinitions) measure.directives += variable.directives?.length ?? 0;
    walk(selectionSet, outermost());
  }
  // What no operation spreads, or is there under one name with another, is refused by validation, but only after a look at all of it.
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION && !followed.has(definition)) follow(definition, outermost());
  return measure;

  function walk({ selections }: SelectionSetNode, place: Place): void {
    measure.nesting = Math.max(measure.nesting, place.nesting);
    if (place.nesting > most.nesting) return;
    for (const selection of selections) {
      if (measure.selections > most.selections) return;
      measure.selections++;
      measure.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) walkField(selection, place);
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        walk(selection.selectionSet, { ...place, nesting: place.nesting + 1 });
      else {
        // Validation compares each of the fragments of a place with each. A name is never so.
        measure.repetitions += presentIn(place, '...').times++;
        const fragment = fragments.get(selection.name.value);
        if (fragment) follow(fragment, place);
      }
    }
  }

  function walkField({ name, alias, selectionSet }: FieldNode, place: Place): void {
    const present = presentIn(place, alias?.value ?? name.value);
    measure.repetitions += present.times++;
    if (alias) measure.aliases++;
    if (counted.has(name.value)) measure.fields.set(name.value, (measure.fields.get(name.value) ?? 0) + 1);
    const depth = place.depth + 1;
    measure.depth = Math.max(measure.depth, depth);
    if (selectionSet) walk(selectionSet, { ...place, depth, nesting: place.nesting + 1, present: present.inner });
  }

  function follow(fragment: FragmentDefinitionNode, place: Place): void {
    const { name, directives = [], selectionSet } = fragment;
    followed.add(fragment);
    if (place.within.includes(name.value)) return;
    measure.directives += directives.length;
    walk(selectionSet, { ...place, nesting: place.nesting + 1, within: [...place.within, name.value] });
  }
}

function presentIn({ present }: Place, name: string): Present {
  const found = present.get(name) ?? { times: 0, inner: new Map<string, Present>() };
  present.set(name, found);
  return found;
}

function outermost(): Place {
  return { depth: 0, nesting: 1, present: new Map(), within: [] };
}
