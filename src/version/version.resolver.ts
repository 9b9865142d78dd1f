import { Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { Requires } from '../access/authorization';
import type { Context } from '../context';
import { DateTime } from '../scalars/date-time';
import { readBuild } from './build';

@ObjectType({ description: 'What runs here.' })
export class ServerVersion {
  @Field(() => String, { description: 'The version of the server.' })
  version: string;

  @Field(() => String, { nullable: true, description: 'The commit that it was built from; only with a credential.' })
  commit: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was built; only with a credential.' })
  builtAt: Date | null;
}

const BUILD = readBuild();

@Resolver()
export class VersionResolver {
  @Requires('PUBLIC')
  @Query(() => ServerVersion, {
    description: 'The version of the server. Public; commit and builtAt only with a credential.',
  })
  version(@Ctx() context: Context): ServerVersion {
    return context.caller ? BUILD : { version: BUILD.version, commit: null, builtAt: null };
  }
}
