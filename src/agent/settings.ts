import type { FieldFault } from '../errors';
import { textFaults } from '../text';
import { AzureResourceType, LogLevel, Setting, SettingInput } from './setting';
import {
  certificate,
  choice,
  duration,
  flag,
  number,
  secret,
  text,
  texts,
  tooMany,
  type SettingRule,
} from './setting-kinds';

const LONGEST_PASSWORD = 1024;
const LONGEST_TLS_KEY = 16_384;

/** What may be given to the driver of MySQL, where others would turn off what protects the connection. */
const DSN_PARAMS = ['allowCleartextPasswords'];

/** All that agents can be told, by name. Which kind has which is in agent-kinds.ts. */
export const SETTINGS = {
  username: text('The user that it connects as.'),
  password: secret('The password of that user.', LONGEST_PASSWORD),
  tls: { ...flag('Whether it connects over TLS.'), guardsSecrets: true },
  tlsSkipVerify: { ...flag('Whether it takes any certificate.'), guardsSecrets: true },
  tlsCa: { ...certificate('The authorities that it trusts.'), guardsSecrets: true },
  tlsCert: certificate('The certificate that it presents.'),
  tlsKey: secret('The private key of the certificate that it presents, in PEM.', LONGEST_TLS_KEY, /[^\P{Cc}\r\n\t]/u),
  disabledCollectors: texts('Groups of metrics that it leaves out.'),
  connectionTimeout: duration('How long it waits for a connection.'),
  tablestatsGroupTableLimit: number(
    'With more tables than this, it leaves out metrics of tables; 0: no limit; below: off.',
  ),
  extraDsnParams: {
    type: () => [Setting],
    inputType: () => [SettingInput],
    description: `More that the driver of MySQL is told, each once: ${DSN_PARAMS.join(', ')}.`,
    fallback: [],
    isList: true,
    guardsSecrets: true,
    faults: dsnFaults,
  },
  statsCollections: texts('The collections that it has statistics of.'),
  collectionsLimit: number('With more collections than this, it leaves out their metrics.'),
  enableAllCollectors: flag('Whether it has all groups of metrics.'),
  authenticationMechanism: { ...text('How it authenticates, such as SCRAM-SHA-256.'), guardsSecrets: true },
  authenticationDatabase: { ...text('The database that the user is in.'), guardsSecrets: true },
  environmentVariableNames: texts('The variables of its environment that it may see.'),
  autoDiscoveryLimit: number('With more databases than this, it does not discover them.'),
  maxExporterConnections: number('The most connections that it opens.'),
  awsAccessKey: text('The id of the AWS access key.'),
  awsSecretKey: secret('The secret of the AWS access key.', LONGEST_PASSWORD),
  awsRoleArn: text('The AWS role that it takes on.', 2048),
  basicMetricsDisabled: flag('Whether it leaves out the basic metrics.'),
  enhancedMetricsDisabled: flag('Whether it leaves out the enhanced metrics.'),
  clientId: text('The id of the Azure application.'),
  clientSecret: secret('The secret of the Azure application.', LONGEST_PASSWORD),
  tenantId: text('The id of the Azure tenant.'),
  subscriptionId: text('The id of the Azure subscription.'),
  resourceGroup: text('The Azure resource group.'),
  resourceType: choice(AzureResourceType, 'What kind of database it is.'),
  scheme: { ...text('How it is asked: http or https.'), fallback: 'http', faults: schemeFaults },
  metricsPath: { ...text('Where its metrics are: a path.'), fallback: '/metrics', faults: pathFaults },
  listenPort: { ...number('The port that it answers at, from 1 to 65535.'), hasColumn: true, faults: portFaults },
  maxQueryLength: number('The longest query that it tells; longer ones are cut. 0: its own limit; -1: none.', -1),
  disableCommentsParsing: flag('Whether it leaves comments of queries unread.'),
  queryExamplesDisabled: flag('Whether it tells no examples of queries.'),
  maxSlowlogFileSize: number('The size in bytes at which it rotates the slow log; 0 or below: never.'),
  collectInterval: duration('How often it looks; 1s at least.', 1),
  logLevel: choice(LogLevel, 'How much it logs.'),
} satisfies Record<string, SettingRule>;

export type SettingName = keyof typeof SETTINGS;

export const ruleOf = (name: SettingName): SettingRule => SETTINGS[name];

function dsnFaults(params: SettingInput[], path: string): FieldFault[] {
  const names = params.map(({ name }) => name);
  return (
    tooMany(params, path) ??
    params.flatMap(({ name, value }, index) =>
      DSN_PARAMS.includes(name) && names.indexOf(name) === index
        ? textFaults(value, `${path}.${index}.value`, 256)
        : [{ path: `${path}.${index}.name`, message: `Give each once, out of ${DSN_PARAMS.join(', ')}.` }],
    )
  );
}

function schemeFaults(value: string, path: string): FieldFault[] {
  return ['http', 'https'].includes(value) ? [] : [{ path, message: 'Give http or https.' }];
}

function pathFaults(value: string, path: string): FieldFault[] {
  return value.startsWith('/') ? textFaults(value, path, 256) : [{ path, message: 'Give a path, with a slash first.' }];
}

function portFaults(value: number, path: string): FieldFault[] {
  return value < 1 || value > 65_535 ? [{ path, message: 'Give a number from 1 to 65535.' }] : [];
}
