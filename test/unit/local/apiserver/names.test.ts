import { describe, expect, test } from '@jest/globals';
import { generatedName, validateName } from '../../../../local/apiserver/names.ts';

describe('names', () => {
  test('a generated name fits in a label, however long its base', () => {
    const name = generatedName('x'.repeat(80));
    expect(name).toHaveLength(63);
    expect(validateName(name, 'label')).toEqual([]);
  });

  test.each(['a', 'a.b', 'a-1', '1'])('%s is a subdomain', (name) => {
    expect(validateName(name, 'subdomain')).toEqual([]);
  });

  test.each(['A', '-a', 'a-', 'a_b', 'a..b', 'x'.repeat(254)])('%s is not', (name) => {
    expect(validateName(name, 'subdomain')).toHaveLength(1);
  });

  test('a missing name says that generateName would do', () => {
    expect(validateName(undefined, 'subdomain')).toEqual([
      {
        reason: 'FieldValueRequired',
        field: 'metadata.name',
        message: 'Required value: name or generateName is required',
      },
    ]);
  });
});
