#include "lamps.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <string.h>
#include <util/atomic.h>

#include "clock.h"
#include "pins.h"

// Switching on at the start of the millisecond takes so many cycles longer than switching off.
#define ON_LATER 28

static uint8_t levels[LAMPS];
static soft_t tables[2];
soft_t *volatile soft = &tables[0];
static volatile uint8_t swap;  // the other table is ready

void lamps_start(void) {
    TCCR0A = TCCR2A = _BV(WGM01) | _BV(WGM00);  // fast PWM, 256 steps
    TCCR0B = TCCR2B = _BV(CS00);                // clk/1: 62.5 kHz
}

pin_t lamp_pin(uint8_t lamp) {
    switch (lamp) {
        case 0: return (pin_t){&PORTD, _BV(LAMP1)};
        case 1: return (pin_t){&PORTD, _BV(LAMP2)};
        case 2: return (pin_t){&PORTB, _BV(LAMP3)};
        case 3: return (pin_t){&PORTD, _BV(LAMP4)};
        default: return (pin_t){&PORTC, (uint8_t)(1 << (lamp - 4))};
    }
}

// One lamp of timer 0 or 2. With 0 and 255 the timer lets go of the pin and the port drives it.
static void hard_set(uint8_t lamp, uint8_t level) {
    volatile uint8_t *control = lamp < 2 ? &TCCR0A : &TCCR2A;
    uint8_t com = lamp & 1 ? _BV(COM0B1) : _BV(COM0A1);  // the bits of timer 2 are the same
    pin_t pin = lamp_pin(lamp);
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        if (level == 0 || level == 255) {
            *control &= ~com;
            if (level) *pin.port |= pin.mask;
            else *pin.port &= ~pin.mask;
        } else {
            switch (lamp) {
                case 0: OCR0A = level - 1; break;
                case 1: OCR0B = level - 1; break;
                case 2: OCR2A = level - 1; break;
                default: OCR2B = level - 1; break;
            }
            *pin.port &= ~pin.mask;
            *control |= com;
        }
    }
}

// The table of the soft lamps for these levels: edges in order of time, lamps of equal level in one.
static void soft_table(soft_t *table, const uint8_t soft_levels[4]) {
    memset(table, 0, sizeof *table);
    for (uint8_t lamp = 0; lamp < 4; lamp++) {
        uint8_t level = soft_levels[lamp], mask = 1 << lamp;
        if (level == 0) continue;
        table->lit |= mask;
        if (level == 255) continue;
        uint16_t at = (((uint32_t)level * TICK) >> 8) + ON_LATER;
        uint8_t place = 0;
        while (place < table->edges && table->edge[place].at < at) place++;
        if (place == table->edges || table->edge[place].at != at) {
            memmove(&table->edge[place + 1], &table->edge[place], (table->edges - place) * sizeof table->edge[0]);
            table->edge[place].at = at;
            table->edge[place].lamps = 0;
            table->edges++;
        }
        table->edge[place].lamps |= mask;
    }
}

void lamps_set(const uint8_t wanted[LAMPS]) {
    swap = 0;  // the interrupt keeps its hands off the other table while it is written
    soft_t *other = soft == &tables[0] ? &tables[1] : &tables[0];
    soft_table(other, wanted + 4);
    swap = 1;
    for (uint8_t lamp = 0; lamp < 4; lamp++) {
        if (wanted[lamp] != levels[lamp]) hard_set(lamp, wanted[lamp]);
    }
    memcpy(levels, wanted, LAMPS);
}

void lamps_swap(void) {
    if (!swap) return;
    swap = 0;
    // What was lit to the end of the millisecond and shall be no more.
    PORTC &= ~soft->lit;
    soft = soft == &tables[0] ? &tables[1] : &tables[0];
}

void lamps_off(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        TCCR0A &= ~(_BV(COM0A1) | _BV(COM0B1));
        TCCR2A &= ~(_BV(COM2A1) | _BV(COM2B1));
        PORTD &= ~OUTPUTS_D;
        PORTB &= ~_BV(LAMP3);
        PORTC &= ~SOFT_LAMPS;
        memset(tables, 0, sizeof tables);
        memset(levels, 0, sizeof levels);
        swap = 0;
    }
}

uint8_t lamp_level(uint8_t lamp) { return levels[lamp]; }
