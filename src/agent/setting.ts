import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';

@ObjectType({ description: 'A name and its value, as a program is told.' })
export class Setting {
  @Field(() => String, { description: 'The name.' })
  name: string;

  @Field(() => String, { description: 'The value.' })
  value: string;
}

@InputType({ description: 'A name and its value, as a program is to be told.' })
export class SettingInput {
  @Field(() => String, { description: 'The name.' })
  name: string;

  @Field(() => String, { description: 'The value, 1 to 256 printable characters.' })
  value: string;
}

export enum LogLevel {
  FATAL = 'FATAL',
  ERROR = 'ERROR',
  WARN = 'WARN',
  INFO = 'INFO',
  DEBUG = 'DEBUG',
}

registerEnumType(LogLevel, {
  name: 'LogLevel',
  description: 'How much an agent logs; each includes those before it.',
  valuesConfig: {
    FATAL: { description: 'What ends it.' },
    ERROR: { description: 'What fails.' },
    WARN: { description: 'What may fail soon.' },
    INFO: { description: 'What it does.' },
    DEBUG: { description: 'How it does that.' },
  },
});

export enum AzureResourceType {
  MYSQL = 'MYSQL',
  MARIADB = 'MARIADB',
  POSTGRESQL = 'POSTGRESQL',
}

registerEnumType(AzureResourceType, {
  name: 'AzureResourceType',
  description: 'The kinds of Azure databases that have metrics.',
  valuesConfig: {
    MYSQL: { description: 'Azure Database for MySQL.' },
    MARIADB: { description: 'Azure Database for MariaDB.' },
    POSTGRESQL: { description: 'Azure Database for PostgreSQL.' },
  },
});
