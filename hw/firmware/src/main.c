// Light and I/O controller of the inspection station. PROTOCOL.md says what it understands, README.md what is wired
// where. The main loop reads lines and looks at the inputs; what must never wait stands in interrupts: safety.c,
// strobe.c, clock.c.
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/wdt.h>

#include "clock.h"
#include "commands.h"
#include "inputs.h"
#include "lamps.h"
#include "line.h"
#include "pins.h"
#include "safety.h"
#include "selftest.h"
#include "strobe.h"
#include "tower.h"
#include "uart.h"

// Safe first: every output is low before it becomes an output.
static void pins_start(void) {
    PORTB = INPUTS_B;  // pull-ups
    PORTC = 0;
    PORTD = INPUTS_D | _BV(PD0);
    DDRB = OUTPUTS_B;
    DDRC = OUTPUTS_C;
    DDRD = OUTPUTS_D | _BV(PD1);
}

// Collects bytes into lines. A line that is too long or damaged is dropped to its end and reported once.
static void read_lines(void) {
    static char line[LINE_MAX + 1];
    static uint8_t length;
    static bool dropping;
    for (int16_t byte; (byte = uart_get()) != UART_NONE;) {
        if (byte == UART_DAMAGED) {
            if (!dropping) commands_bad(PSTR("damaged"));
            dropping = true;
        } else if (byte == '\n') {
            if (!dropping && length) commands_line(line, length);
            dropping = false;
            length = 0;
            return;  // one line a round: the inputs have their turn
        } else if (byte == '\r' || dropping) {
            continue;
        } else if (length == LINE_MAX) {
            commands_bad(PSTR("too-long"));
            dropping = true;
        } else {
            line[length++] = byte;
        }
    }
}

int main(void) {
    pins_start();
    selftest_boot();
    inputs_start();
    tower_alone();
    lamps_start();
    uart_start();
    clock_start();
    sei();
    commands_boot();
    uint16_t looked_ms = clock_ms();
    for (;;) {
        read_lines();
        commands_poll();
        uint16_t now_ms = clock_ms();
        if (now_ms == looked_ms) continue;
        // Fed only when the millisecond's interrupt lives as well as this loop.
        wdt_reset();
        looked_ms = now_ms;
        uint8_t changed = inputs_poll();
        for (uint8_t i = 0; i < INPUTS; i++) {
            if (changed & (1 << i)) commands_event(i);
        }
        strobe_poll(trigger_open_ms());
        tower_poll();
    }
}
