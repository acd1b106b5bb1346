#include "strobe.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "clock.h"
#include "lamps.h"
#include "pins.h"

// The interrupt comes LEAD cycles before the edge: longer than any other interrupt or locked stretch (soft lamps of
// neighbouring levels: some 450 cycles). From there on nothing interrupts, and the last cycles are counted.
#define LEAD 640
#define FINE 96   // from here on counted instead of polled
#define TIGHT 24  // nearer than this it is too late to count
// A pulse up to this is made whole in one interrupt, for a longer one the interrupt comes again for its end.
#define SHORT_CYCLES 256
#define HOP 0x4000u  // longer waits go in hops, since timer 1 has only 16 bits
#define FAR 0x6000u

typedef struct {
    uint32_t at;  // cycles after the moment
    volatile uint8_t *port;
    uint8_t mask;
    uint8_t on;
    uint8_t tail;  // a short pulse: its width in cycles less SHORT_BASE; 0: only an edge
} edge_t;

#define SHORT_BASE 9

static edge_t edges[4];
static uint8_t edge_count, plan_lamp;
static volatile uint8_t next, busy, armed, waiting, done;
static uint16_t before;     // timer 1 at the moment, at the edge or at the hop before
static uint32_t remaining;  // cycles from there to the next edge
static uint16_t alarm;      // timer 1 when the interrupt is wanted
static strobe_counts_t counts;
static uint16_t fired_ms;

static void add_edge(uint32_t at_us, pin_t pin, uint8_t on, uint8_t tail) {
    uint32_t at = at_us * CYCLES_PER_US;
    uint8_t place = edge_count++;
    for (; place > 0 && edges[place - 1].at > at; place--) edges[place] = edges[place - 1];
    edges[place] = (edge_t){at, pin.port, pin.mask, on, tail};
}

bool strobe_plan(const shot_t *shot) {
    edge_count = 0;
    plan_lamp = shot->lamp;
    if (shot->lamp) {
        pin_t pin = lamp_pin(shot->lamp - 1);
        uint32_t cycles = shot->width_us * CYCLES_PER_US;
        bool whole = cycles <= SHORT_CYCLES;
        add_edge(shot->delay_us, pin, 1, whole ? cycles - SHORT_BASE : 0);
        if (!whole) add_edge(shot->delay_us + shot->width_us, pin, 0, 0);
    }
    if (shot->camera_width_us) {
        pin_t pin = {&PORTB, _BV(CAMERA)};
        add_edge(shot->camera_delay_us, pin, 1, 0);
        add_edge(shot->camera_delay_us + shot->camera_width_us, pin, 0, 0);
    }
    for (uint8_t i = 1; i < edge_count; i++) {
        uint32_t end = edges[i - 1].at;
        if (edges[i - 1].tail) end += edges[i - 1].tail + SHORT_BASE;
        // The two edges of one pulse may stand nearer than those of different ones.
        bool same = edges[i].port == edges[i - 1].port && edges[i].mask == edges[i - 1].mask;
        if (!same && edges[i].at < end + APART_US * CYCLES_PER_US) return false;
    }
    return true;
}

static void set_alarm(void) {
    // Odd: a cycle more or less does not matter here, and simavr knows no match at 0.
    alarm = remaining > FAR ? before + HOP : before + (uint16_t)remaining - LEAD;
    OCR1A = alarm | 1;
}

// Interrupts are off.
static void start(uint16_t moment) {
    next = 0;
    busy = 1;
    before = moment;
    remaining = edges[0].at;
    set_alarm();
}

void strobe_fire(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { start(TCNT1); }
}

void strobe_arm(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        armed = 1;
        waiting = 1;
        TIFR1 = _BV(ICF1);
        TIMSK1 |= _BV(ICIE1);
    }
}

void strobe_cancel(void) {
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        TIMSK1 &= ~_BV(ICIE1);
        if (busy) {
            for (uint8_t i = 0; i < edge_count; i++) *edges[i].port &= ~edges[i].mask;
        }
        busy = armed = waiting = 0;
    }
}

ISR(TIMER1_CAPT_vect) {
    uint16_t moment = ICR1;
    TIMSK1 &= ~_BV(ICIE1);
    if (!waiting) return;
    waiting = 0;
    start(moment);
}

// Writes `value` to the port on the cycle at which timer 1 is `due`, which lies TIGHT to FINE cycles ahead; where
// `tail` is not 0, writes `off` tail + SHORT_BASE cycles later. The delays take as many cycles as their number says.
static inline __attribute__((always_inline)) void write_at(uint8_t due, volatile uint8_t *port, uint8_t value,
                                                           uint8_t off, uint8_t tail) {
    asm volatile(
        "lds __tmp_reg__, %[tcnt] \n"
        "sub %[n], __tmp_reg__    \n"
        "subi %[n], 10            \n"  // what the instructions from the lds to the st take besides
        "sbrc %[n], 0             \n"  // 2, or 3 if the bit is set
        "rjmp .+0                 \n"
        "sbrc %[n], 1             \n"  // 2, or 4 if the bit is set
        "lpm                      \n"
        "lsr %[n]                 \n"
        "lsr %[n]                 \n"
        "1: nop                   \n"  // 4 each round, 3 the last
        "dec %[n]                 \n"
        "brne 1b                  \n"
        "st %a[port], %[value]    \n"
        "tst %[tail]              \n"
        "breq 3f                  \n"
        "sbrc %[tail], 0          \n"
        "rjmp .+0                 \n"
        "sbrc %[tail], 1          \n"
        "lpm                      \n"
        "lsr %[tail]              \n"
        "lsr %[tail]              \n"
        "2: nop                   \n"
        "dec %[tail]              \n"
        "brne 2b                  \n"
        "st %a[port], %[off]      \n"
        "3:                       \n"
        : [n] "+d"(due), [tail] "+d"(tail)
        : [port] "x"(port), [value] "r"(value), [off] "r"(off), [tcnt] "n"(_SFR_MEM_ADDR(TCNT1L))
        : "r0", "memory");
}

// Makes the next edge; returns whether the one after it comes so soon that it must be made from here too.
static inline bool make_edge(void) {
    uint16_t due = before + (uint16_t)remaining;
    edge_t edge = edges[next];
    uint8_t off = *edge.port & ~edge.mask, value = edge.on ? off | edge.mask : off;
    if ((int16_t)(due - TCNT1) < TIGHT) {  // cannot happen while LEAD holds; then the shot is late, but whole
        counts.late++;
        due = TCNT1 + FINE;
    }
    while ((int16_t)(due - TCNT1) > FINE) {}
    write_at((uint8_t)due, edge.port, value, off, edge.tail);
    before = due;
    if (++next == edge_count) {
        busy = 0;
        done = 1;
        counts.shots++;
        return false;
    }
    remaining = edges[next].at - edge.at;
    return remaining < LEAD + 200;
}

bool strobe_due(void) { return busy && (int16_t)(alarm - TCNT1) <= 0; }

void strobe_step(void) {
    if (remaining > FAR) {
        before += HOP;
        remaining -= HOP;
    } else {
        while (make_edge()) {}
        if (!busy) return;
    }
    set_alarm();
}

bool strobe_busy(void) { return busy; }

bool strobe_armed(void) { return armed; }

uint8_t strobe_lamp(void) { return busy || armed ? plan_lamp : 0; }

bool strobe_done(void) {
    if (!done) return false;
    done = 0;
    fired_ms = clock_ms();
    return true;
}

strobe_counts_t strobe_counts(void) {
    strobe_counts_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) { now = counts; }
    return now;
}

// A contact bounces when it closes and when it opens: the next trigger counts once this one has been open for a while.
// While `done` stands, nobody has noted yet when the shot was fired.
void strobe_poll(uint8_t open_ms) {
    if (!armed || waiting || busy || done) return;
    if (open_ms < REARM_MS || (uint16_t)(clock_ms() - fired_ms) < REARM_MS) return;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        if (armed) {
            waiting = 1;
            TIFR1 = _BV(ICF1);
            TIMSK1 |= _BV(ICIE1);
        }
    }
}
