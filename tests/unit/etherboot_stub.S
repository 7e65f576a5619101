# Enters the setup code of a bzImage that lies at 0x10000; loaded behind it, at 0x1f000.
# etherboot_image.py has it assembled; test_etherboot_image.py compares the two.
# Loaded at 0x1f000. Entered in flat 32-bit protected mode without paging.
.set BASE, 0x10000
.set OFF, 0xf000
.code32
start:
  cli
  cld
  lgdt BASE + OFF + gdtr - start
  ljmp $0x08, $(OFF + pm16 - start)
.code16
pm16:
  mov $0x10, %ax
  mov %ax, %ds
  mov %ax, %es
  mov %ax, %fs
  mov %ax, %gs
  mov %ax, %ss
  lidt OFF + idtr - start
  mov %cr0, %eax
  and $0xfe, %al
  mov %eax, %cr0
  ljmp $0x1000, $(OFF + real - start)
real:
  cli
  cld
  mov $0x1000, %ax
  mov %ax, %ds
  mov %ax, %es
  mov %ax, %fs
  mov %ax, %gs
  mov %ax, %ss
  mov $0xe000, %sp
  ljmp $0x1020, $0
.balign 8
gdt: .quad 0
  .quad 0x00009b010000ffff
  .quad 0x000093010000ffff
gdtr: .word 23
  .long BASE + OFF + gdt - start
idtr: .word 0x3ff
  .long 0
