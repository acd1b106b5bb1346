#include "selftest.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/wdt.h>
#include <util/atomic.h>

#include "line.h"
#include "pins.h"

// The linker writes the CRC of the whole program here; these two bytes count as 0xFF.
extern const uint16_t program_crc;
asm(".section .progmem.data.crc, \"a\", @progbits\n"
    ".global program_crc\n"
    "program_crc: .word __program_crc\n"
    ".section .text\n");

extern const uint8_t __data_load_end;  // the end of the program in flash

static bool flash_well;

// Before anything uses memory: keep the cause of the reset, start the watchdog (250 ms), and test all memory with a
// pattern that differs from byte to byte, then with its complement, in both directions. Registers only.
void __attribute__((naked, used, section(".init3"))) early(void);
void early(void) {
    asm volatile(
        "in r24, %[mcusr]      \n"
        "out %[flags], r24     \n"
        "out %[mcusr], r1      \n"
        "ldi r24, %[change]    \n"
        "sts %[wdtcsr], r24    \n"
        "ldi r24, %[watch]     \n"
        "sts %[wdtcsr], r24    \n"
        "clr r25               \n"  // 1: bad
        "ldi r26, lo8(%[ram])  \n"
        "ldi r27, hi8(%[ram])  \n"
        "1: mov r24, r26       \n"
        "eor r24, r27          \n"
        "st X+, r24            \n"
        "cpi r27, hi8(%[end])  \n"
        "brne 1b               \n"
        "ldi r26, lo8(%[ram])  \n"
        "ldi r27, hi8(%[ram])  \n"
        "2: mov r24, r26       \n"
        "eor r24, r27          \n"
        "ld r23, X             \n"
        "cpse r23, r24         \n"
        "ldi r25, 1            \n"
        "com r24               \n"
        "st X+, r24            \n"
        "cpi r27, hi8(%[end])  \n"
        "brne 2b               \n"
        "3: ld r23, -X         \n"
        "mov r24, r26          \n"
        "eor r24, r27          \n"
        "com r24               \n"
        "cpse r23, r24         \n"
        "ldi r25, 1            \n"
        "st X, r1              \n"
        "cpi r26, lo8(%[ram])  \n"
        "brne 3b               \n"
        "cpi r27, hi8(%[ram])  \n"
        "brne 3b               \n"
        "out %[result], r25    \n"
        :
        : [mcusr] "I"(_SFR_IO_ADDR(MCUSR)), [flags] "I"(_SFR_IO_ADDR(GPIOR0)), [result] "I"(_SFR_IO_ADDR(GPIOR1)),
          [wdtcsr] "n"(_SFR_MEM_ADDR(WDTCSR)), [change] "M"(_BV(WDCE) | _BV(WDE)), [watch] "M"(_BV(WDE) | _BV(WDP2)),
          [ram] "n"(RAMSTART), [end] "n"(RAMEND + 1));
}

uint8_t reset_flags(void) { return GPIOR0; }

bool memory_is_well(void) { return GPIOR1 == 0; }

uint16_t flash_crc_expected(void) { return pgm_read_word(&program_crc); }

uint16_t flash_crc(void) {
    uint16_t crc = 0xFFFF, end = (uint16_t)&__data_load_end, gap = (uint16_t)&program_crc;
    for (uint16_t at = 0; at < end; at++) {
        crc = crc16(crc, at == gap || at == gap + 1 ? 0xFF : pgm_read_byte(at));
        if ((at & 0x3FF) == 0) wdt_reset();
    }
    flash_well = crc == flash_crc_expected();
    return crc;
}

void selftest_boot(void) { flash_crc(); }

bool is_well(void) { return memory_is_well() && flash_well; }

// Lamps under PWM are left out: their pins are not what the port says.
uint8_t pins_unlike(void) {
    uint8_t unlike = 0, b = OUTPUTS_B, d = OUTPUTS_D;
    if (TCCR0A & _BV(COM0A1)) d &= ~_BV(LAMP1);
    if (TCCR0A & _BV(COM0B1)) d &= ~_BV(LAMP2);
    if (TCCR2A & _BV(COM2A1)) b &= ~_BV(LAMP3);
    if (TCCR2A & _BV(COM2B1)) d &= ~_BV(LAMP4);
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE) {
        if ((PINB ^ PORTB) & b) unlike |= 1;
        if ((PINC ^ PORTC) & OUTPUTS_C) unlike |= 2;
        if ((PIND ^ PORTD) & d) unlike |= 4;
    }
    return unlike;
}
