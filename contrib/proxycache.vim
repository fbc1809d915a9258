" Vim syntax of proxycache.conf; put it into ~/.vim/syntax and set ft=proxycache. It knows the grammar, not the names: the first
" word of a statement is a directive, and `proxycache -t` tells which of them exist.
if exists('b:current_syntax')
  finish
endif

syntax match   proxycacheDirective  /\%(^\|[;{}]\)\s*\zs[a-z_0-9]\+\ze\%(\s\|;\|{\|$\)/
syntax match   proxycacheBlock      /\<\%(events\|http\|server\|location\|upstream\|map\|geo\|split_clients\|types\|if\|limit_except\|stream\)\>\ze[^;]*{/
syntax match   proxycacheVariable   /\$\%(\w\+\|{\w\+}\)/
syntax match   proxycacheUnit       /\<\d\+\%(ms\|[kKmMgGshdwy]\)\?\>/
syntax match   proxycacheAddress    /\<\d\{1,3}\%(\.\d\{1,3}\)\{3}\%(\/\d\+\|:\d\+\)\?/
syntax keyword proxycacheSwitch     on off
syntax region  proxycacheString     start=/"/ skip=/\\./ end=/"/ contains=proxycacheVariable
syntax region  proxycacheString     start=/'/ skip=/\\./ end=/'/ contains=proxycacheVariable
syntax match   proxycacheComment    /\%(^\|\s\|[;{}]\)\zs#.*/ contains=@Spell

highlight default link proxycacheDirective Statement
highlight default link proxycacheBlock     Structure
highlight default link proxycacheVariable  Identifier
highlight default link proxycacheUnit      Number
highlight default link proxycacheAddress   Constant
highlight default link proxycacheSwitch    Boolean
highlight default link proxycacheString    String
highlight default link proxycacheComment   Comment

let b:current_syntax = 'proxycache'
