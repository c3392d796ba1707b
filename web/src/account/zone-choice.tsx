import { useMemo } from 'react'
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components'

/** A time zone, found by typing a part of its name; with the focus from the beginning. */
export function ZoneChoice({ value, change }: { value: string; change(zone: string): void }) {
  const zones = useMemo(() => {
    const known = new Set(['UTC', value, ...Intl.supportedValuesOf('timeZone')])
    return [...known].toSorted().map((id) => ({ id, name: id.replaceAll('_', ' ') }))
  }, [value])
  return (
    <ComboBox
      className="field"
      defaultItems={zones}
      defaultSelectedKey={value}
      menuTrigger="focus"
      autoFocus
      onSelectionChange={(key) => key !== null && change(String(key))}
    >
      <Label>Time zone</Label>
      <div className="combo">
        <Input className="combo-input" />
        <Button className="icon-button" aria-label="Show time zones">
          <span className="chevron" aria-hidden="true" />
        </Button>
      </div>
      <Text slot="description" className="hint">
        “Today” and “overdue” are judged by it.
      </Text>
      <Popover className="popover combo-popover">
        <ListBox className="menu">
          {(zone: { id: string; name: string }) => (
            <ListBoxItem className="menu-item" textValue={zone.name}>
              {zone.name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  )
}
