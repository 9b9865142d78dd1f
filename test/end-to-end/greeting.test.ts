import { openStage } from './stage';

jest.setTimeout(60_000);

const stage = openStage(afterEach);

it('The command that the server names at its start issues a token as it is printed, in a shell that knows nothing of the server’s settings', async () => {
  const server = await stage.serve(stage.folder(), { ROLLCALL_BASE_PATH: '/pmp' });
  const [, command] = await server.says(/with the token that this gives: rollcall ([^"]+)"/);

  const issued = await stage.run(command!.split(' '));

  expect(issued).toMatchObject({ code: 0, errors: '' });
  expect(issued.output).toMatch(/^ {2}rct_/m);
});
