/** What a first visitor finds in the operation editor: one operation that anyone may run, one that needs a key. */
export const FIRST_OPERATIONS = `# The GraphQL API of Rollcall.
# Ctrl-Enter runs the operation at the cursor.
#
# "version" answers anybody, the rest needs an
# API key: paste it after "Bearer " under
# Headers, below. The first ADMIN key is in the
# file admin.key of the server's data folder;
# the server says at its start where that is.

query Version {
  version {
    version
  }
}

query Roll {
  caller {
    role
  }
  nodes(first: 10) {
    nodes {
      name
      status
      lastSeenAt
    }
  }
}
`;

/** The headers of a new tab, to be completed with a key. */
export const HEADERS_TO_COMPLETE = `{
  "Authorization": "Bearer "
}
`;
