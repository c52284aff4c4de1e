//! Network addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Canonical, InputError};

/// Address and bits of the network; missing parts of an IPv4 address are zero when the bits are given.
fn address(text: &str) -> Canonical<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => {
            let digits = !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit());
            (address, Some(bits.parse::<u8>().ok().filter(|_| digits).ok_or(InputError::Invalid)?))
        }
        None => (text, None),
    };
    let (address, longest) = if address.contains(':') {
        (IpAddr::V6(address.parse::<Ipv6Addr>().map_err(|_| InputError::Invalid)?), 128)
    } else {
        (IpAddr::V4(four(address, bits.is_some())?), 32)
    };
    let bits = bits.unwrap_or(longest);
    if bits > longest { Err(InputError::Invalid) } else { Ok((address, bits)) }
}

fn four(text: &str, partial: bool) -> Canonical<Ipv4Addr> {
    let mut octets = [0; 4];
    let parts: Vec<&str> = text.split('.').collect();
    if parts.len() > 4 {
        return Err(InputError::Invalid);
    }
    // how much is meant without bits depends on the old address classes
    if parts.len() < 4 && !partial {
        return Err(InputError::Unknown);
    }
    for (octet, part) in octets.iter_mut().zip(&parts) {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InputError::Unknown);
        }
        *octet = part.parse().map_err(|_| InputError::Invalid)?;
    }
    Ok(octets.into())
}

/// `inet`, always with the number of bits.
pub fn inet(text: &str) -> Canonical {
    let (address, bits) = address(text)?;
    Ok(format!("{address}/{bits}"))
}

/// `cidr`; bits to the right of the mask must be zero.
pub fn cidr(text: &str) -> Canonical {
    let (address, bits) = address(text)?;
    let host = match address {
        IpAddr::V4(address) => u128::from(address.to_bits()).checked_shl(96 + u32::from(bits)),
        IpAddr::V6(address) => address.to_bits().checked_shl(bits.into()),
    };
    if host.unwrap_or(0) != 0 { Err(InputError::Invalid) } else { Ok(format!("{address}/{bits}")) }
}

fn hexadecimal(text: &str) -> Canonical {
    let digits: String = super::number::trim(text).chars().filter(|c| !matches!(c, ':' | '-' | '.')).collect();
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(digits.to_ascii_lowercase())
    } else {
        Err(InputError::Invalid)
    }
}

/// `macaddr`, as twelve digits.
pub fn macaddr(text: &str) -> Canonical {
    let digits = hexadecimal(text)?;
    if digits.len() == 12 { Ok(digits) } else { Err(InputError::Unknown) }
}

/// `macaddr8`, as sixteen digits; six bytes get `ff:fe` in the middle.
pub fn macaddr8(text: &str) -> Canonical {
    let digits = hexadecimal(text)?;
    match digits.len() {
        16 => Ok(digits),
        12 => Ok(format!("{}fffe{}", &digits[..6], &digits[6..])),
        _ => Err(InputError::Unknown),
    }
}
