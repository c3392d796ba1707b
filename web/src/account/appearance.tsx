import { useState } from 'react'
import { chooseTheme, readTheme, themes } from '../frame/theme.ts'

const names = { system: 'As the device', light: 'Light', dark: 'Dark' }

export function Appearance() {
  const [theme, setTheme] = useState(readTheme)
  return (
    <fieldset className="priorities">
      <legend>Colours</legend>
      {themes.map((name) => (
        <label key={name} className="choice">
          <input
            type="radio"
            name="theme"
            checked={theme === name}
            onChange={() => {
              chooseTheme(name)
              setTheme(name)
            }}
          />
          {names[name]}
        </label>
      ))}
    </fieldset>
  )
}
