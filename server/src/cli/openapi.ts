import { Command } from 'commander'
import { printApi } from '../docs/index.ts'

export function openapiCommand(): Command {
  return new Command('openapi').description('print the OpenAPI 3.1 document').action(async () => {
    process.stdout.write(await printApi())
  })
}
