#include "clock.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <stdbool.h>
#include <util/atomic.h>

#include "lamps.h"
#include "pins.h"
#include "safety.h"
#include "strobe.h"

// The interrupt comes EARLY cycles before an edge, about as long as it takes to begin, and waits for the rest: so edges
// do not wander. One that is NEAR is waited for at once: leaving and coming back takes longer.
#define EARLY 112
#define NEAR 144

static volatile uint16_t ms;
static uint32_t seconds;
static uint16_t of_second;
static uint16_t start;  // of this millisecond, in cycles
static uint16_t due;    // the next edge, or the next millisecond
static bool tick_due;
static const soft_edge_t *next, *end;  // of the soft lamps, in this millisecond

void clock_start(void) {
    TCCR1A = 0;
    TCCR1B = _BV(ICNC1) | _BV(CS10);  // normal mode, clk/1; capture on a falling edge, with the noise canceller
    start = TCNT1;
    next = end = 0;  // the first interrupt begins a millisecond
    due = start + TICK;
    OCR1B = (due - EARLY) | 1;
    TIMSK1 = _BV(OCIE1B) | _BV(OCIE1A);
}

// What happens once a millisecond. It takes longer than the dimmest soft lamp is lit, so it comes after its edge.
static void tick(void) {
    ms++;
    if (++of_second == 1000) {
        of_second = 0;
        seconds++;
    }
    safety_tick();
}

// One edge of the soft lamps, or the start of the next millisecond.
static void soft_step(void) {
    while ((int16_t)(due - TCNT1) > 0) {}
    if (next != end) {
        PORTC &= ~next->lamps;
        next++;
    } else {
        start += TICK;
        lamps_swap();
        PORTC |= soft->lit;
        next = soft->edge;
        end = next + soft->edges;
        tick_due = true;
    }
    due = start + (next != end ? next->at : TICK);
}

// Both matches come here, and whatever is due is done: nothing hangs on a flag of the timer, which simavr loses at
// times when the other channel is written. A shot goes first.
ISR(TIMER1_COMPB_vect) {
    for (;;) {
        if (strobe_due()) {
            strobe_step();
        } else if ((int16_t)(due - TCNT1) <= NEAR) {
            soft_step();
        } else if (tick_due) {
            tick_due = false;
            tick();
        } else {
            OCR1B = (due - EARLY) | 1;  // odd: see strobe.c
            if ((int16_t)(due - TCNT1) > NEAR && !strobe_due()) return;
        }
    }
}

ISR(TIMER1_COMPA_vect, ISR_ALIASOF(TIMER1_COMPB_vect));

uint16_t clock_ms(void) {
    uint16_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { now = ms; }
    return now;
}

uint32_t clock_uptime_s(void) {
    uint32_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { now = seconds; }
    return now;
}
