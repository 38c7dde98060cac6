//! Which fields of a request HTTP/2's compression keeps in its table, told by the bytes of its header blocks.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use ziggurat::{CallOptions, Channel};
use ziggurat_examples::cafe::CoffeeMachineStub;

use crate::cafe::{order, within};

/// How a field is written (RFC 7541, section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Indexed,
    Added,
    NotIndexed,
    NeverIndexed,
}

/// Reads a number with a prefix of so many bits.
fn number(block: &mut &[u8], bits: u32) -> usize {
    let mask = (1 << bits) - 1;
    let mut value = usize::from(take(block, 1)[0]) & mask;
    if value < mask {
        return value;
    }
    for shift in (0..).step_by(7) {
        let byte = usize::from(take(block, 1)[0]);
        value += (byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn take<'a>(block: &mut &'a [u8], count: usize) -> &'a [u8] {
    let (taken, rest) = block.split_at(count);
    *block = rest;
    taken
}

fn skip_string(block: &mut &[u8]) {
    let length = number(block, 7);
    take(block, length);
}

/// The forms of a block's fields, in their order.
fn forms(mut block: &[u8]) -> Vec<Form> {
    let mut forms = Vec::new();
    while let Some(first) = block.first() {
        let (form, bits) = match first {
            0x80.. => (Form::Indexed, 7),
            0x40.. => (Form::Added, 6),
            0x20.. => {
                number(&mut block, 5); // the size of the table
                continue;
            }
            0x10.. => (Form::NeverIndexed, 4),
            _ => (Form::NotIndexed, 4),
        };
        forms.push(form);
        let name = number(&mut block, bits);
        if form != Form::Indexed {
            if name == 0 {
                skip_string(&mut block);
            }
            skip_string(&mut block);
        }
    }
    forms
}

/// The header block of the next request, which is whole in its HEADERS.
async fn block(stream: &mut TcpStream) -> Vec<u8> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let [high, middle, low, kind, flags, ..] = head;
        let length = u32::from_be_bytes([0, high, middle, low]);
        let mut payload = vec![0; length.try_into().unwrap()];
        stream.read_exact(&mut payload).await.unwrap();
        if kind == 1 {
            assert_eq!(flags & (0x4 | 0x8 | 0x20), 0x4, "END_HEADERS alone");
            return payload;
        }
    }
}

/// The forms of the fields of two calls that are alike, one after the other on one connection.
async fn forms_of_two(options: CallOptions) -> [Vec<Form>; 2] {
    within(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let channel = Channel::builder(&url).unwrap().connect_lazy();
        let cafe = CoffeeMachineStub::new(channel).with(options);
        let first = tokio::spawn(cafe.make_latte(order()));
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 24]).await.unwrap(); // the preface
        stream
            .write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
            .await
            .unwrap(); // SETTINGS
        let first = (forms(&block(&mut stream).await), first);
        let second = tokio::spawn(cafe.make_latte(order()));
        let second = (forms(&block(&mut stream).await), second);
        [first, second].map(|(forms, call)| {
            call.abort();
            forms
        })
    })
    .await
}

/// Asserts that so many fields never enter the table, and that what is left is there at the second call but the path.
fn assert_never_indexed([first, second]: [Vec<Form>; 2], expected: usize) {
    let count = |forms: &[Form], form| forms.iter().filter(|other| **other == form).count();
    assert_eq!(count(&first, Form::NeverIndexed), expected, "{first:?}");
    assert_eq!(count(&second, Form::NeverIndexed), expected, "{second:?}");
    assert_eq!(count(&second, Form::NotIndexed), 1, "{second:?}");
    assert_eq!(count(&second, Form::Added), 0, "{second:?}");
}

#[tokio::test]
async fn what_repeats_is_kept_in_the_table() {
    let options = CallOptions::new().metadata("x-tenant", "acme").unwrap();
    assert_never_indexed(forms_of_two(options).await, 0);
}

#[tokio::test]
async fn what_differs_in_each_call_never_enters_the_table() {
    // the timeout is what is left in each call
    let options = CallOptions::new()
        .timeout(Duration::from_secs(60))
        .metadata("x-request-id", "9f1c")
        .and_then(|options| options.metadata("x-tenant", "acme"))
        .unwrap();
    assert_never_indexed(forms_of_two(options.clone()).await, 1);
    let marked = options.sensitive_metadata("x-request-id");
    assert_never_indexed(forms_of_two(marked).await, 2);
}
