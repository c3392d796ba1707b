import type { FastifySchemaValidationError } from 'fastify'
import type { Fault } from '../errors.ts'
import { formats } from './formats.ts'

const mostFaults = 20

/** Says in plain words, with JSON Pointers, what a schema found wrong. `part` is `body` or `query`. */
export function describeFaults(part: string, errors: readonly FastifySchemaValidationError[]): Fault[] {
  return errors.slice(0, mostFaults).map((error) => ({
    path: `/${part}${error.instancePath}${member(error)}`,
    message: describe(error),
  }))
}

function member({ params }: FastifySchemaValidationError): string {
  const name = params['missingProperty'] ?? params['additionalProperty'] ?? params['tag']
  return typeof name === 'string' ? `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : ''
}

function describe({ keyword, params, message }: FastifySchemaValidationError): string {
  const limit = Number(params['limit'])
  switch (keyword) {
    case 'required':
      return 'is required'
    case 'additionalProperties':
      return 'is not known here'
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`
    case 'maxLength':
      return `must have at most ${limit} characters`
    case 'minimum':
      return `must be at least ${limit}`
    case 'maximum':
      return `must be at most ${limit}`
    case 'minItems':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} values`
    case 'maxItems':
      return `must have at most ${limit} values`
    case 'uniqueItems':
      return 'must not have a value twice'
    case 'discriminator':
      return 'is not one of those known here'
    case 'enum':
      return `must be one of: ${listed(params['allowedValues'])}`
    case 'type':
      return `must be ${listed(params['type'], ' or ')}`
    case 'format':
      return formats[String(params['format'])]?.message ?? 'is not well formed'
    default:
      return message ?? 'is not valid'
  }
}

function listed(values: unknown, separator = ', '): string {
  return Array.isArray(values) ? values.join(separator) : String(values)
}
