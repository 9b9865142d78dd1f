import { SYSTEM_FILE } from './reading';
import { settings, type Setting } from './settings';

/** The reference of every setting, in Markdown. */
export function settingsReference(): string {
  return `# Settings

Defaults are overruled by the config file (\`${SYSTEM_FILE}\` when it exists, or the one that \`--config FILE\` names), the file by the
environment, the environment by flags. In the file a setting \`a.b\` is \`b\` in the section \`a\`. An unknown name in the file is a fault, an empty
variable counts as not set. \`rollcall config check\` tells what holds and where it comes from, or everything that is wrong.

| Setting | Environment | Flag | Default | It must be | What it does |
|---|---|---|---|---|---|
${Object.values(settings).map(row).join('\n')}
`;
}

function row(setting: Setting<unknown>): string {
  const cells = [
    `\`${setting.path}\``,
    `\`${setting.environment}\``,
    setting.flag === undefined ? '' : `\`--${setting.flag}\``,
    setting.defaultText ?? `\`${setting.show(setting.default())}\``,
    setting.range,
    setting.description,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
