#include "tower.h"

#include <avr/io.h>
#include <string.h>
#include <util/atomic.h>

#include "pins.h"

static uint8_t ways[TOWER_LAMPS];

void tower_set(const uint8_t wanted[TOWER_LAMPS]) { memcpy(ways, wanted, TOWER_LAMPS); }

void tower_alone(void) {
    memset(ways, TOWER_OFF, TOWER_LAMPS);
    ways[1] = TOWER_SLOW;
}

uint8_t tower_way(uint8_t lamp) { return ways[lamp]; }

static uint8_t lit(uint8_t lamp, uint16_t ms) {
    switch (ways[lamp]) {
        case TOWER_ON: return 1;
        case TOWER_SLOW: return ms % 1600 < 800;
        case TOWER_FAST: return ms % 500 < 250;
        default: return 0;
    }
}

static void drive(volatile uint8_t *port, uint8_t mask, uint8_t on) {
    if (((*port & mask) != 0) == on) return;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {  // ports are shared with interrupts
        if (on) *port |= mask;
        else *port &= ~mask;
    }
}

void tower_poll(uint16_t ms) {
    drive(&PORTC, _BV(TOWER_RED), lit(0, ms));
    drive(&PORTC, _BV(TOWER_AMBER), lit(1, ms));
    drive(&PORTB, _BV(TOWER_GREEN), lit(2, ms));
    drive(&PORTB, _BV(TOWER_BLUE), lit(3, ms));
}
