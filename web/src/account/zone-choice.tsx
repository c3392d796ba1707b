import { useMemo, useState } from 'react'
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover, Text } from 'react-aria-components'
import type { ZoneProps } from './zone-field.tsx'

/** A time zone, found by typing a part of its name. The list of all is made when it is opened. */
export function ZoneChoice({ value, change, focus }: ZoneProps) {
  const [isOpen, setOpen] = useState(false)
  const zones = useMemo(() => {
    const known = new Set([value, ...(isOpen ? ['UTC', ...Intl.supportedValuesOf('timeZone')] : [])])
    return [...known].toSorted().map((id) => ({ id, name: id.replaceAll('_', ' ') }))
  }, [value, isOpen])
  return (
    <ComboBox
      className="field"
      defaultItems={zones}
      defaultSelectedKey={value}
      menuTrigger="focus"
      autoFocus={focus.current}
      onOpenChange={setOpen}
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
