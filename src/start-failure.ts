/** Why a command cannot begin, in a sentence for whoever runs it that says what to do. */
export class StartFailure extends Error {}
